import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anything, createRequest } from './commands.ts';
import { checkAtRest, servers, settle } from './invariants.ts';
import { createWorld, type World } from './world.ts';

/** How many sequences, from which seed and along which path: a failure prints the last two. */
const runs = Number(process.env.ZEDOPS_MODEL_RUNS ?? 60);
const seed = process.env.ZEDOPS_MODEL_SEED;
const path = process.env.ZEDOPS_MODEL_PATH;

/** Milliseconds for all sequences together: a machine that is busy gets through fewer of them in that time. */
const limitMs = runs * 500;

test(
  'whatever happens, no world is lost, nothing is shown that is not so, and everything ends',
  async () => {
    const lives = fc.asyncProperty(fc.commands(anything, { maxCommands: 14, size: '+1' }), async (commands) => {
      const world = await createWorld();
      try {
        await world.pace.for(world.ask('server.create', createRequest('alpha', world)).answered);
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        await settle(world);
        await checkAtRest(world);
        await goOn(world);
      } finally {
        await world.dispose();
      }
    });
    await fc.assert(lives, {
      numRuns: runs,
      interruptAfterTimeLimit: limitMs,
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path }),
    });
  },
  limitMs + 120_000,
);

/** After everything: what there is can be started, deleted, restored and purged. */
async function goOn(world: World): Promise<void> {
  const does = async (subject: string, data: object): Promise<void> => {
    const outcome = await world.pace.for(world.ask(subject, data).answered);
    expect({ subject, ...outcome }).toMatchObject({ code: 'ok' });
  };
  for (const { name, deletion } of await servers(world)) {
    if (deletion) continue;
    const outcome = await world.pace.for(world.ask('server.start', { server: name }).answered);
    // What is to be on again and had crashed may be started by ZedOps itself in the same moment; after that it is as asked.
    const isOurs = outcome.code !== 'ok' && outcome.message.includes('is busy: server.start by zedops');
    if (!isOurs) expect(outcome).toMatchObject({ code: 'ok' });
    else {
      await settle(world);
      await does('server.start', { server: name });
    }
  }
  await settle(world);
  await checkAtRest(world);
  for (const { name, deletion } of await servers(world)) {
    if (!deletion) await does('server.delete', { server: name });
  }
  await settle(world);
  await checkAtRest(world);
}
