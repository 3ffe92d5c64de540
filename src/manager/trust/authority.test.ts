import { execFile } from 'node:child_process';
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { systemClock } from '../../platform/clock.ts';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { type Authority, openAuthority } from './authority.ts';

const run = promisify(execFile);
const day = 86_400_000;

function agentKeys(kind: 'p256' | 'ed25519' = 'p256'): { readonly publicPem: string; readonly privateKey: KeyObject } {
  const { publicKey, privateKey } =
    kind === 'p256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return { publicPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(), privateKey };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-authority-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the authority', () => {
  test('is made once, with its key in a file for the owner alone', async () => {
    const first = await openAuthority(folder, systemClock);
    expect(await readdir(folder)).toEqual(['authority-private.pem']);
    expect((await stat(join(folder, 'authority-private.pem'))).mode & 0o777).toBe(0o600);
    const second = await openAuthority(folder, systemClock);
    expect(second.certificate).toBe(first.certificate);
    expect(first.certificate).not.toContain('PRIVATE');
  });

  test('is one and the same when several processes start at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => openAuthority(folder, systemClock)));
    expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    const keys = agentKeys();
    const issued = await all[3]?.issueAgentCertificate('host', keys.publicPem);
    expect(all[0]?.verifyAgentCertificate(new X509Certificate(issued?.certificate ?? ''))?.hostId).toBe('host');
  });

  test('has the SHA-256 of its DER as fingerprint', async () => {
    const authority = await openAuthority(folder, systemClock);
    const digest = createHash('sha256').update(new X509Certificate(authority.certificate).raw).digest('base64url');
    expect(authority.fingerprint).toBe(`SHA256:${digest}`);
  });

  test('may sign certificates for ten years, and no authorities below itself', async () => {
    const { certificate } = await openAuthority(folder, systemClock);
    await writeFile(join(folder, 'ca.pem'), certificate);
    const { stdout } = await run('openssl', ['x509', '-in', join(folder, 'ca.pem'), '-noout', '-text']);
    expect(stdout).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(stdout).toMatch(/Key Usage: critical\s+Certificate Sign\n/);
    expect(stdout).toContain('ecdsa-with-SHA256');
    expect(stdout).toContain('prime256v1');
    const years = (new X509Certificate(certificate).validToDate.getTime() - Date.now()) / (365 * day);
    expect(years).toBeCloseTo(10, 1);
  });

  test('refuses a file that was cut short, or that others can read, instead of making a new one', async () => {
    await openAuthority(folder, systemClock);
    const path = join(folder, 'authority-private.pem');
    await chmod(path, 0o644);
    await expect(openAuthority(folder, systemClock)).rejects.toThrow('lets others read it');
    await chmod(path, 0o600);
    await truncate(path, 300);
    await expect(openAuthority(folder, systemClock)).rejects.toThrow('does not hold the key and the certificate');
  });

  test('refuses the key of one authority with the certificate of another', async () => {
    const other = await mkdtemp(join(tmpdir(), 'zedops-authority-'));
    await openAuthority(folder, systemClock);
    const { certificate } = await openAuthority(other, systemClock);
    const path = join(folder, 'authority-private.pem');
    const [key] = (await readFile(path, 'utf8')).split('-----BEGIN CERTIFICATE');
    await writeFile(path, `${key}${certificate}`);
    await expect(openAuthority(folder, systemClock)).rejects.toThrow('does not hold the key and the certificate');
    await rm(other, { recursive: true });
  });
});

describe('certificates', () => {
  let home: string;
  let authority: Authority;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'zedops-authority-'));
    authority = await openAuthority(home, systemClock);
    await writeFile(join(home, 'ca.pem'), authority.certificate);
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const opensslVerify = async (certificate: string, purpose: string): Promise<string> => {
    const path = join(folder, 'leaf.pem');
    await writeFile(path, certificate);
    const args = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', join(home, 'ca.pem'), path];
    const { stdout } = await run('openssl', args).catch((error: unknown) =>
      z.object({ stdout: z.string() }).parse(error),
    );
    return stdout.trim();
  };

  test('of the manager pass openssl for every name given, and only as a server’s', async () => {
    const names = ['localhost', '127.0.0.1', '::1', 'manager.zedops.internal', 'fd00::12'];
    const { certificate } = await authority.issueServerCertificate(names);
    expect(await opensslVerify(certificate, 'sslserver')).toMatch(/: OK$/);
    expect(await opensslVerify(certificate, 'sslclient')).not.toContain('OK');
    const leaf = new X509Certificate(certificate);
    expect(leaf.checkHost('localhost')).toBe('localhost');
    expect(leaf.checkHost('manager.zedops.internal')).toBe('manager.zedops.internal');
    expect(leaf.checkHost('elsewhere')).toBeUndefined();
    for (const address of ['127.0.0.1', '::1', 'fd00::12']) expect(leaf.checkIP(address)).toBe(address);
    expect(leaf.validToDate.getTime() - Date.now()).toBeLessThanOrEqual(30 * day);
    expect(leaf.validFromDate.getTime()).toBeLessThan(Date.now() - 60_000);
  });

  test.each(['p256', 'ed25519'] as const)(
    'of agents with %s keys pass openssl, and only as a client’s',
    async (kind) => {
      const keys = agentKeys(kind);
      const issued = await authority.issueAgentCertificate('0host0id', keys.publicPem);
      expect(await opensslVerify(issued.certificate, 'sslclient')).toMatch(/: OK$/);
      expect(await opensslVerify(issued.certificate, 'sslserver')).not.toContain('OK');
      const leaf = new X509Certificate(issued.certificate);
      expect(leaf.checkPrivateKey(keys.privateKey)).toBe(true);
      expect(leaf.subject).toBe('CN=0host0id');
      expect(leaf.serialNumber.toLowerCase()).toBe(issued.serial);
      expect(issued.serial).toMatch(/^[4-7][0-9a-f]{31}$/);
      expect(leaf.validToDate.getTime()).toBe(issued.expiresAt);
      expect(authority.verifyAgentCertificate(leaf)).toMatchObject({
        hostId: '0host0id',
        serial: issued.serial,
        keyFingerprint: issued.keyFingerprint,
        expiresAt: issued.expiresAt,
      });
    },
  );

  test('never share a serial', async () => {
    const { publicPem } = agentKeys();
    const issued = await Promise.all(Array.from({ length: 20 }, () => authority.issueAgentCertificate('a', publicPem)));
    expect(new Set(issued.map(({ serial }) => serial)).size).toBe(20);
  });

  test('of another authority, of a server, of an authority, and self-signed ones are no agent’s', async () => {
    const other = await openAuthority(folder, systemClock);
    const keys = agentKeys();
    const foreign = await other.issueAgentCertificate('host', keys.publicPem);
    expect(authority.verifyAgentCertificate(new X509Certificate(foreign.certificate))).toBeUndefined();
    const server = await authority.issueServerCertificate(['localhost']);
    expect(authority.verifyAgentCertificate(new X509Certificate(server.certificate))).toBeUndefined();
    expect(authority.verifyAgentCertificate(new X509Certificate(authority.certificate))).toBeUndefined();
    const key = join(folder, 'self.key');
    const self = join(folder, 'self.pem');
    const subject = new X509Certificate(authority.certificate).subject;
    const extension = 'extendedKeyUsage=clientAuth';
    const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', self];
    await run('openssl', ['req', '-x509', '-subj', `/${subject}`, '-addext', extension, ...options]);
    const forged = new X509Certificate(await readFile(self));
    expect(forged.subject).toBe(subject);
    expect(authority.verifyAgentCertificate(forged)).toBeUndefined();
  });

  test('are dated by the clock', async () => {
    const clock = createFakeClock(Date.UTC(2031, 4, 5));
    const dated = await openAuthority(home, clock);
    const { certificate, expiresAt } = await dated.issueAgentCertificate('host', agentKeys().publicPem);
    expect(expiresAt).toBe(Date.UTC(2031, 5, 4));
    expect(new X509Certificate(certificate).validFromDate.toISOString()).toBe('2031-05-04T23:50:00.000Z');
  });

  test.each(['p256', 'ed25519'] as const)(
    'serve a real TLS 1.3 handshake with both ends checked (%s)',
    async (kind) => {
      const { certificate, key } = await authority.issueServerCertificate(['localhost', 'manager.zedops.internal']);
      const server = createServer({
        cert: certificate,
        key,
        ca: authority.certificate,
        minVersion: 'TLSv1.3',
        requestCert: true,
        rejectUnauthorized: true,
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      const keys = agentKeys(kind);
      const agent = await authority.issueAgentCertificate('host', keys.publicPem);
      const accepted = new Promise<TLSSocket>((resolve) => {
        server.once('secureConnection', resolve);
      });
      const client = connect({
        host: '127.0.0.1',
        port,
        servername: 'manager.zedops.internal',
        ca: authority.certificate,
        cert: agent.certificate,
        key: createPrivateKey(keys.privateKey.export({ format: 'pem', type: 'pkcs8' })).export({
          format: 'pem',
          type: 'pkcs8',
        }),
      });
      await once(client, 'secureConnect');
      const socket = await accepted;
      expect(client.getProtocol()).toBe('TLSv1.3');
      expect(client.authorized).toBe(true);
      expect(socket.authorized).toBe(true);
      const peer = socket.getPeerX509Certificate();
      expect(peer && authority.verifyAgentCertificate(peer)?.hostId).toBe('host');
      client.destroy();
      socket.destroy();
      server.close();
      await once(server, 'close');
    },
  );
});
