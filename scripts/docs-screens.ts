/** Draws `docs/screens/` from the screens themselves; with `--check` it only says whether that is up to date. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const isCheck = process.argv.includes('--check');
const words = ['run', '--project', 'screens', 'src/tui/pictures.screens.test.ts', ...(isCheck ? [] : ['--update'])];
const { status } = spawnSync(join(root, 'node_modules/.bin/vitest'), words, {
  cwd: root,
  stdio: 'inherit',
  // In continuous integration a picture that is not there is an error, and not a new one.
  env: { ...process.env, ...(isCheck ? { CI: '1' } : {}) },
});
if (isCheck && status !== 0) console.error('docs/screens is not up to date: run node scripts/docs-screens.ts');
process.exitCode = status ?? 1;
