import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import { createProcessRuntime } from './process.ts';
import { gameSource, runtimeContract } from './runtime.contract.ts';

const packageRoot = join(import.meta.dirname, '../../..');

runtimeContract('processes', async () => {
  const root = await mkdtemp(join(tmpdir(), 'zedops-process-'));
  const game = join(root, 'game.mjs');
  await writeFile(game, gameSource);
  const runtime = createProcessRuntime({
    folder: join(root, 'processes'),
    clock: systemClock,
    log: silentLog,
    processCommand: () => ({ command: [process.execPath, game], env: {} }),
    packageRoot,
  });
  return {
    runtime,
    hasExec: false,
    async spec(base) {
      const hostPath = join(root, 'servers', base.name, 'data');
      await mkdir(hostPath, { recursive: true });
      return { ...base, mounts: [{ hostPath, containerPath: '/data' }] };
    },
    async dispose() {
      await runtime.close();
      await rm(root, { recursive: true, force: true });
    },
  };
});
