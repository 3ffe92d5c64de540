import { defineConfig } from 'vitest/config';

/** Suites that share one machine's engine, ports or terminals run their files one after another. */
const oneAtATime = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 180_000 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
          exclude: ['src/**/*.{docker,integration,screens}.test.ts'],
          testTimeout: 20_000,
          // No module keeps state, so files may share a process: it halves the work.
          isolate: false,
          maxWorkers: 2,
        },
      },
      // The whole of the screens on an emulated terminal: each takes longer than all of the units beside it.
      { test: { name: 'screens', include: ['src/**/*.screens.test.ts'], testTimeout: 20_000, isolate: false } },
      { test: { name: 'architecture', include: ['test/architecture.test.ts'] } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'src/**/*.integration.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They wait for sockets, processes and clocks more than for a processor.
          maxWorkers: 3,
        },
      },
      { test: { name: 'docker', include: ['test/docker/**/*.test.ts', 'src/**/*.docker.test.ts'], ...oneAtATime } },
      { test: { name: 'pty', include: ['test/pty/**/*.test.ts'], ...oneAtATime } },
      { test: { name: 'scripts', include: ['test/scripts/**/*.test.ts'], ...oneAtATime } },
    ],
  },
});
