import { createHash, createPrivateKey, type KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { authorityFingerprint } from '../../platform/network/pinned-https.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { readOrMakeKeyFile } from './key-file.ts';
import { loadX509, type X509 } from './x509.ts';

/** The manager's own certificate authority. It signs its server certificate and the certificates of agents, no others. */
export interface Authority {
  /** Its certificate, in PEM: what the other ends pin. */
  readonly certificate: string;
  /** `SHA256:` and the base64url of the digest of its certificate's DER. */
  readonly fingerprint: string;
  /** Makes a key and a certificate for the manager's listener, good for 30 days, for these host names and addresses. */
  issueServerCertificate(names: readonly string[]): Promise<ServerCertificate>;
  /** Signs a client certificate for the key of an agent (SPKI in PEM), good for 30 days. Its common name is the host's id. */
  issueAgentCertificate(hostId: string, publicKeyPem: string): Promise<AgentCertificate>;
  /** Says whether this authority issued the certificate to an agent, and when it holds. Revocation is not its business. */
  verifyAgentCertificate(certificate: X509Certificate): AgentClaim | undefined;
}

/** What the listener serves with. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly expiresAt: number;
}

/** A client certificate as it was issued. */
export interface AgentCertificate {
  readonly certificate: string;
  /** In lower-case hexadecimal. */
  readonly serial: string;
  /** SHA-256 of the public key's SPKI, in base64url. */
  readonly keyFingerprint: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What a genuine agent certificate says. */
export interface AgentClaim {
  readonly hostId: string;
  readonly serial: string;
  readonly keyFingerprint: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const day = 86_400_000;
const rootDays = 3650;
const leafDays = 30;
/** Clocks of hosts run a little behind; a certificate is good from this long before it was made. */
const skewMs = 10 * 60_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const clientAuth = '1.3.6.1.5.5.7.3.2';

/**
 * Opens the authority in the manager's folder, and makes it on the first start. Key and certificate are one file, so
 * that they always belong together.
 */
export async function openAuthority(folder: string, clock: Clock): Promise<Authority> {
  const x509 = await loadX509();
  const path = join(folder, 'authority-private.pem');
  const pem = await readOrMakeKeyFile(path, () => makeRoot(x509, clock));
  const { root, certificate, key } = await readRoot(x509, path, pem);
  const rootForChecks = new X509Certificate(certificate);

  const issue = async (
    subject: string,
    publicKey: webcrypto.CryptoKey | Buffer,
    usage: 'serverAuth' | 'clientAuth',
    names: readonly string[],
  ) => {
    const now = clock.now();
    const serial = newSerial();
    const notBefore = now - skewMs;
    const expiresAt = Math.floor((now + leafDays * day) / 1000) * 1000;
    const issued = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject: [{ CN: [subject] }],
      issuer: root.subjectName,
      notBefore: new Date(notBefore),
      notAfter: new Date(expiresAt),
      publicKey,
      signingKey: key,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[usage]], true),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names.map(generalName))]),
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ],
    });
    return { certificate: `${issued.toString('pem')}\n`, serial, notBefore, expiresAt };
  };

  return {
    certificate,
    fingerprint: authorityFingerprint(certificate),
    async issueServerCertificate(names) {
      const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const { serial: _, ...issued } = await issue('ZedOps manager', keys.publicKey, 'serverAuth', names);
      return { ...issued, key: await exportKey(keys.privateKey) };
    },
    async issueAgentCertificate(hostId, publicKeyPem) {
      const spki = new x509.PublicKey(publicKeyPem).rawData;
      const { notBefore: _, ...issued } = await issue(hostId, Buffer.from(spki), 'clientAuth', []);
      return { ...issued, keyFingerprint: digest(Buffer.from(spki)) };
    },
    verifyAgentCertificate(given) {
      const genuine =
        !given.ca &&
        given.checkIssued(rootForChecks) &&
        given.verify(rootForChecks.publicKey) &&
        given.keyUsage?.includes(clientAuth);
      const hostId = /^CN=([^\n]+)$/.exec(given.subject)?.[1];
      if (!genuine || hostId === undefined) return undefined;
      return {
        hostId,
        serial: given.serialNumber.toLowerCase(),
        keyFingerprint: keyFingerprint(given.publicKey),
        expiresAt: given.validToDate.getTime(),
      };
    },
  };
}

async function makeRoot(x509: X509, clock: Clock): Promise<string> {
  const now = clock.now();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    // The name tells two managers apart where a person looks at certificates; trust goes by the fingerprint.
    name: [{ CN: [`ZedOps authority ${randomBytes(4).toString('hex')}`] }],
    notBefore: new Date(now - skewMs),
    notAfter: new Date(now + rootDays * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${await exportKey(keys.privateKey)}${root.toString('pem')}\n`;
}

async function readRoot(x509: X509, path: string, pem: string) {
  try {
    const privateKey = createPrivateKey(pem);
    const certificate = new X509Certificate(pem).toString();
    if (!new X509Certificate(certificate).checkPrivateKey(privateKey)) throw new Error('key and certificate differ');
    const key = await webcrypto.subtle.importKey(
      'pkcs8',
      privateKey.export({ format: 'der', type: 'pkcs8' }),
      algorithm,
      false,
      ['sign'],
    );
    return { root: new x509.X509Certificate(certificate), certificate, key };
  } catch (cause) {
    throw new ZedopsError('INTERNAL', `${path} does not hold the key and the certificate of an authority`, {
      hint: 'put it back from a backup; with a new one every host has to join again',
      cause,
    });
  }
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

/** 128 bits, of which two are fixed so that the number is positive and always as long. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex');
}

function generalName(name: string): { readonly type: 'ip' | 'dns'; readonly value: string } {
  return isIP(name) === 0 ? { type: 'dns', value: name } : { type: 'ip', value: name };
}

function keyFingerprint(key: KeyObject): string {
  return digest(key.export({ format: 'der', type: 'spki' }));
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url');
}
