import { expect, test } from 'vitest';
import { createFakeRuntime, type FakeContainer } from '../../../test/fakes/fake-runtime.ts';
import { type GameStep, runtimeContract } from './runtime.contract.ts';

/** Plays what the scripted game of the contract does. */
function play(container: FakeContainer, timers: Set<NodeJS.Timeout>): void {
  const steps: readonly GameStep[] = JSON.parse(container.spec.env.GAME ?? '[]');
  container.onTerminate(() => {
    container.print('bye');
    container.exit(0);
  });
  for (const [step, value] of steps) {
    if (step === 'out') container.print(value);
    else if (step === 'err') container.print(value, { isError: true });
    else if (step === 'long') container.print('x'.repeat(value));
    else if (step === 'deaf') container.onTerminate(() => undefined);
    else if (step === 'burst')
      for (let at = 0; at < value; at += 1) container.print(`line ${at}`, { isError: at % 2 === 1 });
    else if (step === 'raw') {
      const text = Buffer.from(value, 'base64').toString('utf8').replaceAll('\0', '\uFFFD');
      for (const line of text.split('\n')) container.print(line.replace(/\r$/, ''));
    } else if (step === 'exit') {
      timers.add(setTimeout(() => container.exit(value), 20));
    } else if (step === 'tick') {
      let at = 0;
      timers.add(setInterval(() => container.print(`tick ${at++}`), value));
    }
  }
}

runtimeContract('the fake', async () => {
  const timers = new Set<NodeJS.Timeout>();
  // The contract asks for starts of the last minute.
  const { runtime, onStart } = createFakeRuntime(Date.now());
  onStart((container) => play(container, timers));
  return {
    runtime,
    spec: async (base) => base,
    hasExec: false,
    async dispose() {
      for (const timer of timers) clearInterval(timer);
      await runtime.close();
    },
  };
});

test('the fake fails as told, once, and is unreachable for as long as told', async () => {
  const fake = createFakeRuntime();
  fake.failNext('list', new Error('no'));
  await expect(fake.runtime.list()).rejects.toThrow('no');
  expect(await fake.runtime.list()).toEqual([]);
  const watching = fake.runtime.watch(
    () => undefined,
    () => undefined,
    new AbortController().signal,
  );
  fake.setReachable(false);
  await expect(watching).rejects.toMatchObject({ code: 'UNREACHABLE' });
  await expect(fake.runtime.version()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  fake.setReachable(true);
  expect(await fake.runtime.version()).toContain('fake');
});
