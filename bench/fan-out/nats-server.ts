import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../test/support/eventually.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Cleaner } from '../cleaner.ts';

/** A NATS server that runs, and how to reach it. */
export interface NatsServer {
  readonly pid: number;
  readonly port: number;
  /** The certificate to trust, in PEM. */
  readonly authority: string;
}

/** Starts Debian's nats-server with TLS, as the manager has it too. @throws Error when it is not installed. */
export async function startNatsServer(cleaner: Cleaner): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-bench-nats-'));
  cleaner.add(() => rm(folder, { recursive: true, force: true }));
  const [key, certificate, config] = ['key.pem', 'certificate.pem', 'nats.conf'].map((name) => join(folder, name));
  if (key === undefined || certificate === undefined || config === undefined) throw new Error('no folder');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const port = await freePort();
  await writeFile(config, `listen: 127.0.0.1:${port}\ntls { cert_file: "${certificate}", key_file: "${key}" }\n`);
  const server = spawn('nats-server', ['--config', config], { stdio: 'ignore' });
  const failed = once(server, 'error').then(([error]) => {
    throw new Error('nats-server cannot be run: apt-get install nats-server', { cause: error });
  });
  failed.catch(() => undefined);
  cleaner.add(() => server.kill('SIGKILL'));
  await Promise.race([failed, eventually('nats-server to listen', () => isListening(port), 10)]);
  return { pid: server.pid ?? 0, port, authority: await readFile(certificate, 'utf8') };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
  });
}
