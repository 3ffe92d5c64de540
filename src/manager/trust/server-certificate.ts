import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { managerServerName } from '../../platform/network/pinned-https.ts';
import type { Authority, ServerCertificate } from './authority.ts';

/** The certificate the manager serves with, kept fresh. It lives in memory only: each start makes a new one. */
export interface ServerCertificateKeeper {
  current(): ServerCertificate;
  /** Tells of each new certificate after the first, to swap it in; the returned function takes that back. */
  onRenewed(listener: (certificate: ServerCertificate) => void): () => void;
  /** Ends the renewing. */
  stop(): void;
}

/** What {@link keepServerCertificate} needs. */
export interface ServerCertificateOptions {
  readonly authority: Authority;
  /** Every name and address the manager may be reached at, asked again each hour. */
  readonly names: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

const checkEveryMs = 3_600_000;

/** Issues the manager's certificate, and a new one when two thirds of its life are over or the machine's addresses changed. */
export async function keepServerCertificate(options: ServerCertificateOptions): Promise<ServerCertificateKeeper> {
  const { authority, clock, log } = options;
  const listeners = new Set<(certificate: ServerCertificate) => void>();
  let names = options.names();
  let current = await authority.issueServerCertificate(names);
  let renewing = false;
  const renew = async (wanted: readonly string[]): Promise<void> => {
    renewing = true;
    try {
      current = await authority.issueServerCertificate(wanted);
      names = wanted;
      log.info({ names: names.join(' ') }, 'the manager made itself a new certificate');
      for (const listener of listeners) listener(current);
    } catch (error) {
      log.error({ error: asError(error) }, 'the manager could not make itself a new certificate; it tries again');
    } finally {
      renewing = false;
    }
  };
  const stop = clock.every(checkEveryMs, () => {
    const wanted = options.names();
    const { notBefore, expiresAt } = current;
    const isOld = clock.now() > notBefore + ((expiresAt - notBefore) * 2) / 3;
    if (!renewing && (isOld || wanted.join() !== names.join())) void renew(wanted);
  });
  return {
    current: () => current,
    onRenewed(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop,
  };
}

/**
 * Names for the manager's certificate: the fixed one every agent and client asks for, those of this machine, and those
 * configured. Sorted, without doubles and without what cannot stand in a certificate.
 */
export function managerNames(configured: readonly string[]): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((some) => (some ?? []).map(({ address }) => address));
  const names = [managerServerName, 'localhost', '127.0.0.1', '::1', hostname(), ...addresses, ...configured];
  return [...new Set(names.map((name) => name.trim().toLowerCase()).filter(fitsCertificate))].sort();
}

function fitsCertificate(name: string): boolean {
  // A link-local address with a zone, `fe80::1%eth0`, counts as an address and still cannot be written there.
  if (isIP(name) !== 0) return !name.includes('%');
  return name.length <= 253 && /^(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
