import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ZedopsError } from '../../protocol/errors.ts';
import { readOrMakeKeyFile } from './key-file.ts';

/** Seals secret values, so that the database alone does not give them away. */
export interface Sealing {
  /** Seals a text for one place, such as `server_env/<id>/<key>`; it opens nowhere else. */
  seal(place: string, text: string): string;
  /** @throws ZedopsError INTERNAL when the value was changed, moved, or sealed with another key. */
  open(place: string, sealed: string): string;
}

const version = 'v1';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Reads the master key from the manager's folder, and makes it on the first start. */
export async function openSealing(folder: string): Promise<Sealing> {
  const path = join(folder, 'master.key');
  const text = await readOrMakeKeyFile(path, async () => `${randomBytes(keyBytes).toString('base64url')}\n`);
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length !== keyBytes) {
    throw new ZedopsError(
      'INTERNAL',
      `${path} is not a master key: it has ${key.length} bytes instead of ${keyBytes}`,
      {
        hint: 'put it back from a backup; without it the secrets in the database cannot be read',
      },
    );
  }
  return createSealing(key);
}

/**
 * AES-256-GCM under one key. Format: `v1.` and the base64url of nonce (12 bytes), ciphertext and tag (16 bytes). Version
 * and place are authenticated with it.
 */
export function createSealing(key: Buffer): Sealing {
  const bound = (place: string): Buffer => Buffer.from(`${version} ${place}`, 'utf8');
  return {
    seal(place, text) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(bound(place));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${version}.${sealed.toString('base64url')}`;
    },
    open(place, sealed) {
      const [given, body = ''] = sealed.split('.');
      const bytes = Buffer.from(body, 'base64url');
      if (given !== version || bytes.length < nonceBytes + tagBytes) throw unopened(place);
      const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
      cipher.setAAD(bound(place));
      cipher.setAuthTag(bytes.subarray(-tagBytes));
      try {
        return Buffer.concat([cipher.update(bytes.subarray(nonceBytes, -tagBytes)), cipher.final()]).toString('utf8');
      } catch (cause) {
        throw unopened(place, cause);
      }
    },
  };
}

function unopened(place: string, cause?: unknown): ZedopsError {
  return new ZedopsError(
    'INTERNAL',
    `The secret ${place} cannot be opened: it was changed, or sealed with another master key`,
    { hint: 'put back the master.key that belongs to this database', cause },
  );
}
