import { createHash } from 'node:crypto';

/** What is kept of a code or token: its SHA-256, in base64url. That is enough, because each has 192 random bits. */
export function hashSecret(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}
