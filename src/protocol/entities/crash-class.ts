import * as z from 'zod';

/** What a crash was taken for; see `zomboid/console/crash-class.ts`. */
export const CrashClass = z.enum([
  'out-of-memory',
  'mod-error',
  'port-taken',
  'bad-config',
  'save-corrupt',
  'killed',
  'unknown',
]);
export type CrashClass = z.infer<typeof CrashClass>;
