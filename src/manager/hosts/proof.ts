import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { ZedopsError } from '../../protocol/errors.ts';

/** Reads an agent's public key, SPKI in PEM. @throws ZedopsError INVALID_INPUT for anything but EC P-256 and Ed25519. */
export function readPublicKey(pem: string): KeyObject {
  const key = parse(pem);
  const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (isP256 || key.asymmetricKeyType === 'ed25519') return key;
  throw new ZedopsError('INVALID_INPUT', 'The public key is neither EC P-256 nor Ed25519');
}

/** Says whether `proof` (base64) is the signature of `text` by the private key that belongs to this public one. */
export function isProof(key: KeyObject, text: string, proof: string): boolean {
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return verify(hash, Buffer.from(text, 'utf8'), key, Buffer.from(proof, 'base64'));
}

function parse(pem: string): KeyObject {
  // Without this check a private key or a certificate would be taken too, and its public half drawn from it.
  if (!pem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) {
    throw new ZedopsError('INVALID_INPUT', 'The public key is not SPKI in PEM');
  }
  try {
    return createPublicKey({ key: pem, format: 'pem', type: 'spki' });
  } catch (cause) {
    throw new ZedopsError('INVALID_INPUT', 'The public key cannot be read', { cause });
  }
}
