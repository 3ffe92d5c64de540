import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { Job } from '../../protocol/entities/job.ts';
import { serverCreate, serverRestart, serverStart } from '../../protocol/operations/server.ts';
import { type AgentBed, createAgentBed } from '../agent-bed.ts';
import { holdServers } from '../servers/hold.ts';

let bed: AgentBed;
beforeEach(async () => {
  bed = await createAgentBed();
  await bed.ask(serverCreate, bed.server());
});
afterEach(() => bed.dispose());

const statuses = async (): Promise<string[]> => (await bed.fake.runtime.list()).map(({ status }) => status);

/** Ends the agent between the stop and the start of a restart. */
async function killBetween(): Promise<void> {
  const died = bed.dieAt(1, 'before');
  bed.ask(serverRestart, bed.server(), { id: 'job-of-before' }).catch(() => undefined);
  await died;
  expect(await statuses()).toEqual(['exited']);
}
const ended = async (): Promise<Job | undefined> => {
  await eventually('the job to end', async () => (await bed.jobs()).every(({ state }) => state !== 'running'));
  return (await bed.jobs()).find(({ id }) => id === 'job-of-before');
};

test('a host that joined anew does not go on with a start before its manager says that the server is its own', async () => {
  await killBetween();
  await holdServers(join(bed.dataRoot, 'agent'));
  // The manager of a bed tells that the host owns nothing: the server was taken back to another one.
  await bed.restart();
  expect(await ended()).toMatchObject({ state: 'failed', error: { code: 'CONFLICT' } });
  expect(await statuses()).toEqual(['exited']);
  const mine = bed.server();
  await expect(bed.ask(serverStart, mine)).rejects.toMatchObject({ code: 'CONFLICT' });
  bed.tell([mine]);
  await eventually('it to be let go', () => !existsSync(join(bed.dataRoot, 'agent/held.json')));
  await bed.ask(serverStart, bed.server());
  expect(await statuses()).toEqual(['running']);
});

test('a host that did not join anew keeps its servers going without a word from its manager', async () => {
  await killBetween();
  await bed.restart();
  expect(await ended()).toMatchObject({ state: 'done' });
  expect(await statuses()).toEqual(['running']);
});
