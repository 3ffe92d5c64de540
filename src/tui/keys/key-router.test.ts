import { expect, test } from 'vitest';
import { createKeyRouter, layers } from './key-router.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a key goes to the highest layer that uses it, and in a layer to whoever came last', async () => {
  const router = createKeyRouter();
  const heard: string[] = [];
  const hear = (layer: number, who: string, uses: (name: string) => boolean) =>
    router.listen(layer, ({ name }) => {
      heard.push(`${who} ${name}`);
      return uses(name);
    });
  hear(layers.app, 'app', () => true);
  hear(layers.screen, 'list', (name) => name === 'j');
  const leave = hear(layers.screen, 'detail', (name) => name === 'd');
  for (const name of ['j', 'd', 'q']) router.dispatch({ name });
  for (let count = 0; count < 3; count += 1) await turn();
  expect(heard).toEqual(['detail j', 'list j', 'detail d', 'detail q', 'list q', 'app q']);
  leave();
  router.dispatch({ name: 'd' });
  expect(heard.slice(6)).toEqual(['list d', 'app d']);
});

test('a key waits until what the one before it changed is shown, however long that takes', async () => {
  const router = createKeyRouter();
  const heard: string[] = [];
  router.listen(layers.app, ({ name }) => heard.push(name) > 0);
  const shown: (() => void)[] = [];
  const takeOff = router.onTaken((done) => shown.push(done));
  router.dispatch({ name: 'a' });
  router.dispatch({ name: 'b' });
  for (let count = 0; count < 50; count += 1) await turn();
  expect(heard).toEqual(['a']);
  shown.shift()?.();
  await turn();
  expect(heard).toEqual(['a', 'b']);
  takeOff();
  shown.shift()?.();
  await turn();
  router.dispatch({ name: 'c' });
  expect(heard).toEqual(['a', 'b', 'c']);
});
