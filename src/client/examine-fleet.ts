import type { Finding } from '../protocol/entities/finding.ts';
import type { HostSummary } from '../protocol/entities/host.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { hostDoctor, hostList } from '../protocol/operations/host.ts';
import { managerDoctor } from '../protocol/operations/system.ts';
import type { ManagerClient } from './connect/manager-client.ts';
import { inTurns } from './in-turns.ts';

/** A finding and where it was made: `here`, `manager`, or a host's name. */
export type LocatedFinding = Finding & { readonly where: string };

/** What an examination needs. */
export interface ExamineOptions {
  readonly manager: ManagerClient;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Writes a length of time, given in seconds. */
  readonly span: (seconds: number) => string;
}

const hostsAtOnce = 8;

/** Has the manager examine itself, and every host that is online examine itself. What fails is a finding, too. */
export async function examineFleet(options: ExamineOptions): Promise<readonly LocatedFinding[]> {
  const { manager, signal } = options;
  try {
    const { findings } = await manager.call(managerDoctor, {}, signal);
    const { hosts } = await manager.call(hostList, {}, signal);
    const ofHosts = await inTurns(hosts, hostsAtOnce, async (host) =>
      host.connection === 'online'
        ? examineHost(host.name, false, options)
        : [{ where: host.name, ...away(host, options) }],
    );
    return [...findings.map((finding) => ({ where: 'manager', ...finding })), ...ofHosts.flat()];
  } catch (error) {
    return [{ where: 'manager', ...failed('manager', error) }];
  }
}

/**
 * Has one host examine itself. `isNamed` says that it was asked for by this very name, so that one which is not there is a
 * mistake. @throws ZedopsError NOT_FOUND
 */
export async function examineHost(
  host: string,
  isNamed: boolean,
  { manager, signal }: Pick<ExamineOptions, 'manager' | 'signal'>,
): Promise<readonly LocatedFinding[]> {
  try {
    const { findings } = await manager.call(hostDoctor, { host }, signal);
    return findings.map((finding) => ({ where: host, ...finding }));
  } catch (error) {
    if (isNamed && error instanceof ZedopsError && error.code === 'NOT_FOUND') throw error;
    return [{ where: host, ...failed('agent', error) }];
  }
}

function failed(check: string, error: unknown): Finding {
  if (!(error instanceof ZedopsError) || error.code === 'CANCELLED') throw error;
  return { check, level: 'fail', message: error.message, ...(error.hint === undefined ? {} : { fix: error.hint }) };
}

function away({ name, connection, lastSeenAt }: HostSummary, { now, span }: ExamineOptions): Finding {
  if (connection === 'invited') {
    const fix = `run the line of its invitation on it, or take it off the list: zedops host remove ${name}`;
    return { check: 'agent', level: 'warn', message: 'invited, and has not joined yet', fix };
  }
  if (connection === 'revoked') return { check: 'agent', level: 'ok', message: 'revoked' };
  const heard =
    lastSeenAt === undefined ? 'never heard' : `last heard ${span((now - Date.parse(lastSeenAt)) / 1000)} ago`;
  return { check: 'agent', level: 'fail', message: `offline, ${heard}`, fix: `start zedops agent on ${name}` };
}
