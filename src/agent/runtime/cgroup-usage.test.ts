import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCgroupUsage } from './cgroup-usage.ts';
import { usageFrom } from './docker-usage.ts';

const id = 'f'.repeat(64);
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'zedops-cgroup-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
};
const read = (pid: number | undefined = 42) =>
  readCgroupUsage({ proc: join(root, 'proc'), cgroups: join(root, 'cgroup') }, { id, pid });

describe('what a container uses', () => {
  test('comes from the unified control groups', async () => {
    const group = `cgroup/system.slice/docker-${id}.scope`;
    await write({
      'proc/42/cgroup': `0::/system.slice/docker-${id}.scope\n`,
      [`${group}/cpu.stat`]: 'usage_usec 12500000\nuser_usec 10000000\nsystem_usec 2500000\n',
      [`${group}/cpu.max`]: '150000 100000\n',
      [`${group}/memory.current`]: '5000\n',
      [`${group}/memory.stat`]: 'anon 100\ninactive_file 1000\nactive_file 3\n',
      [`${group}/memory.max`]: '9000\n',
    });
    expect(await read()).toEqual({ cpuSeconds: 12.5, cpusLimit: 1.5, memoryBytes: 4000, memoryLimitBytes: 9000 });
  });

  test('comes from separate control groups, where no limit is a very large one', async () => {
    const path = `docker/${id}`;
    await write({
      'proc/42/cgroup': `12:cpu,cpuacct:/${path}\n4:memory:/${path}\n1:name=systemd:/${path}\n0::/${path}\n`,
      [`cgroup/cpuacct/${path}/cpuacct.usage`]: '2500000000\n',
      [`cgroup/cpu/${path}/cpu.cfs_quota_us`]: '-1\n',
      [`cgroup/cpu/${path}/cpu.cfs_period_us`]: '100000\n',
      [`cgroup/memory/${path}/memory.usage_in_bytes`]: '5000\n',
      [`cgroup/memory/${path}/memory.stat`]: 'inactive_file 1\ntotal_inactive_file 1000\n',
      [`cgroup/memory/${path}/memory.limit_in_bytes`]: '9223372036854771712\n',
    });
    expect(await read()).toEqual({ cpuSeconds: 2.5, memoryBytes: 4000 });
  });

  test('is not known of a process that is another one here, seen from within a group, or gone', async () => {
    expect(await read()).toBeUndefined();
    expect(await read(undefined)).toBeUndefined();
    await write({ 'proc/42/cgroup': '0::/user.slice/someone-else\n' });
    expect(await read()).toBeUndefined();
    await write({ 'proc/42/cgroup': `0::/../../docker/${id}\n` });
    expect(await read()).toBeUndefined();
    await write({ 'proc/42/cgroup': `0::/docker/${id}\n` });
    expect(await read()).toBeUndefined();
  });

  test('is read from what an engine answers', () => {
    const answer = {
      cpu_stats: { cpu_usage: { total_usage: 3e9 } },
      memory_stats: { usage: 5000, limit: 9000, stats: { inactive_file: 1000 } },
    };
    expect(usageFrom(answer, 1e9)).toEqual({ cpuSeconds: 3, memoryBytes: 4000, memoryLimitBytes: 9000 });
    expect(usageFrom(answer, 9000)).toEqual({ cpuSeconds: 3, memoryBytes: 4000 });
    expect(usageFrom({ cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} }, 1e9)).toBeUndefined();
  });
});
