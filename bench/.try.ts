import { createCleaner } from './cleaner.ts';
import { list } from './list.ts';

const cleaner = createCleaner();
try {
  console.log(await list.run({ cleaner, say: console.log }));
} finally {
  await cleaner.clean(console.error);
}
