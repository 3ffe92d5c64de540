declare const ZEDOPS_VERSION: string | undefined;

/** The program's version; `0.0.0-source` where it runs from source instead of the bundle. */
export const programVersion: string = typeof ZEDOPS_VERSION === 'string' ? ZEDOPS_VERSION : '0.0.0-source';
