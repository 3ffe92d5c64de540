import { Agent } from 'node:http';
import { inspect } from 'node:util';

Object.assign(Agent.prototype, { [inspect.custom]: () => 'Agent' });
const { createCleaner } = await import('./cleaner.ts');
const { list } = await import('./list.ts');
const cleaner = createCleaner();
try {
  console.log(await list.run({ cleaner, say: console.log }));
} finally {
  await cleaner.clean(console.error);
}
