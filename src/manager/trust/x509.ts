/** The library that makes certificates. */
export type X509 = typeof import('@peculiar/x509');

/**
 * Loads the certificate library. Its dependency injection refuses to load without two functions of the
 * reflect-metadata proposal, and then reads from them only what a compiler may have left: here, nothing.
 */
export async function loadX509(): Promise<X509> {
  for (const name of ['getMetadata', 'getOwnMetadata']) {
    if (!Object.hasOwn(Reflect, name)) {
      Object.defineProperty(Reflect, name, { value: () => undefined, configurable: true, writable: true });
    }
  }
  return import('@peculiar/x509');
}
