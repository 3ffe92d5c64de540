import * as z from 'zod';
import type { Finding } from '../../protocol/entities/finding.ts';
import type { HostSummary } from '../../protocol/entities/host.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { hostDoctor, hostList } from '../../protocol/operations/host.ts';
import { managerDoctor } from '../../protocol/operations/system.ts';
import { type Command, type Context, command } from '../command.ts';
import { type Cell, duration, table } from '../format.ts';
import { inTurns } from '../in-turns.ts';
import { examineThisMachine } from '../local-doctor.ts';
import { createPaint } from '../paint.ts';
import { plain } from '../talk.ts';

const foundExit = 10;
const hostsAtOnce = 8;

/** A finding and where it was made: `here`, `manager`, or a host's name. */
type Located = Finding & { readonly where: string };

/** `zedops doctor`. */
export const doctorCommands: readonly Command[] = [
  command({
    words: 'doctor',
    summary: 'Examine this machine, the manager and its hosts, and say what mends what is wrong',
    input: z.object({ host: z.string().min(1).max(64).optional().describe('only this host') }),
    positional: ['host'],
    subject: managerDoctor.subject,
    examples: ['zedops doctor', 'zedops doctor box-1 --json'],
    exits: { [foundExit]: 'something is wrong' },
    async run({ host }, context) {
      const findings = host === undefined ? await examineAll(context) : await examineHost(host, context, true);
      const paint = await createPaint(context.globals.color);
      const colours = { ok: paint.good, warn: paint.warn, fail: paint.bad };
      const lines = table(
        [],
        findings.map(({ where, check, level, message }): Cell[] => [
          { text: level, paint: colours[level] },
          where,
          check,
          message,
        ]),
      ).split('\n');
      context.talk.show({ findings }, () =>
        findings
          .flatMap(({ fix }, index) => [lines[index] ?? '', ...(fix === undefined ? [] : [`      → ${plain(fix)}`])])
          .join('\n'),
      );
      return findings.some(({ level }) => level === 'fail') ? foundExit : undefined;
    },
  }),
];

async function examineAll(context: Context): Promise<readonly Located[]> {
  const here = (await examineThisMachine(context)).map((finding) => ({ where: 'here', ...finding }));
  const manager = await context.managerIfAny();
  if (!manager) {
    const none = {
      where: 'manager',
      check: 'manager',
      level: 'warn' as const,
      message: 'none is known on this account',
    };
    return [...here, { ...none, fix: 'zedops login https://<manager>:8443, or zedops up' }];
  }
  try {
    const { findings } = await manager.call(managerDoctor, {}, context.signal);
    const { hosts } = await manager.call(hostList, {}, context.signal);
    const ofHosts = await inTurns(hosts, hostsAtOnce, async (host) =>
      host.connection === 'online'
        ? examineHost(host.name, context, false)
        : [{ where: host.name, ...away(host, context.clock.now()) }],
    );
    return [...here, ...findings.map((finding) => ({ where: 'manager', ...finding })), ...ofHosts.flat()];
  } catch (error) {
    return [...here, { where: 'manager', ...failed('manager', error) }];
  }
}

/** `isNamed` says that it was asked for by this very name, so that one which is not there is a mistake. */
async function examineHost(host: string, context: Context, isNamed: boolean): Promise<readonly Located[]> {
  const manager = await context.manager();
  try {
    const { findings } = await manager.call(hostDoctor, { host }, context.signal);
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

function away({ name, connection, lastSeenAt }: HostSummary, now: number): Finding {
  if (connection === 'invited') {
    const fix = `run the line of its invitation on it, or take it off the list: zedops host remove ${name}`;
    return { check: 'agent', level: 'warn', message: 'invited, and has not joined yet', fix };
  }
  if (connection === 'revoked') return { check: 'agent', level: 'ok', message: 'revoked' };
  const heard =
    lastSeenAt === undefined ? 'never heard' : `last heard ${duration((now - Date.parse(lastSeenAt)) / 1000)} ago`;
  return { check: 'agent', level: 'fail', message: `offline, ${heard}`, fix: `start zedops agent on ${name}` };
}
