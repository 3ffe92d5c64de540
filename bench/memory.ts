import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { eventually } from '../test/support/eventually.ts';
import { createFleet } from '../test/support/fleet.ts';
import { amount, type Bench, type BenchContext, type Row } from './comparison.ts';
import { needSimulatorImage } from './docker-engine.ts';
import { gatherCrowd } from './fake-agent/crowd.ts';
import { inviteHost } from './fake-agent/invitation.ts';
import { residentMemory } from './process-use.ts';
import { createSimulatedServer, must } from './simulated-server.ts';

const idleMs = 30_000;
const servers = 10;
const agents = 50;

/** What a daemon holds in memory when nothing goes on. */
export const memory: Bench = {
  name: 'memory',
  method: `VmRSS after ${idleMs / 1000} s without anything to do: an agent with ${servers} ready simulated servers on Docker, connected to its manager; a manager with ${agents} agents that one process plays over as many TLS connections, each joined by an invitation of its own. “Own” is the part that no other process shares (RssAnon): of the rest, most is the node program itself.`,
  run: async (context) => [...(await measureAgent(context)), ...(await measureManager(context))],
};

async function measureAgent(context: BenchContext): Promise<Row[]> {
  await needSimulatorImage();
  const fleet = await createFleet({ runtime: 'docker' });
  context.cleaner.add(() => fleet.dispose());
  context.say(`creating ${servers} servers`);
  const made = [];
  for (let index = 0; index < servers; index += 1)
    made.push(await createSimulatedServer(fleet, context, `idle-${index}`, {}));
  await eventually('every server to be ready', async () => {
    const { servers: seen } = States.parse(JSON.parse(await must(fleet, ['server', 'list', '--json'])));
    return seen.length === servers && seen.every(({ state }) => state === 'ready');
  });
  await pause(idleMs);
  const rows = rowsOf(`agent with ${servers} servers`, 80, fleet.agent().pid);
  for (const server of made) await server.remove();
  await fleet.dispose();
  return rows;
}

const States = z.object({ servers: z.array(z.object({ state: z.string() })) });

async function measureManager({ cleaner, say }: BenchContext): Promise<Row[]> {
  const fleet = await createFleet({ runtime: 'process' });
  cleaner.add(() => fleet.dispose());
  await fleet.agent().end();
  say(`inviting ${agents} hosts`);
  const invitations = [];
  for (let index = 0; index < agents; index += 1) invitations.push(await inviteHost(fleet, `idle-${index}`));
  const crowd = await gatherCrowd(cleaner, {
    url: fleet.url,
    codes: invitations,
    folder: fleet.box.home,
    processes: 1,
  });
  const busy = rowsOf(`manager that just took in ${agents} agents`, undefined, fleet.manager().pid);
  await pause(idleMs);
  const rows = rowsOf(`manager with ${agents} agents`, 150, fleet.manager().pid);
  await crowd.end();
  await fleet.dispose();
  return [...rows, ...busy];
}

function rowsOf(what: string, limit: number | undefined, pid: number): Row[] {
  const { total, own } = residentMemory(pid);
  return [
    { what, ours: amount(total, 'MB'), ...(limit === undefined ? {} : { goal: `≤ ${limit} MB`, met: total <= limit }) },
    { what: `${what}, own`, ours: amount(own, 'MB') },
  ];
}
