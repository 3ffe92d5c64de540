import { execa } from 'execa';
import { createDockerRuntime } from '../src/agent/runtime/docker.ts';
import { systemClock } from '../src/platform/clock.ts';
import { silentLog } from '../src/platform/log.ts';
import { atMost, type Bench, beside } from './comparison.ts';
import { createContainers } from './created-containers.ts';
import { socketPath } from './docker-engine.ts';
import { leanEnv } from './machine.ts';
import { interleave } from './statistics.ts';
import { timed } from './timed.ts';

const containers = 200;
const rounds = 20;

/** How long an agent takes to see what there is on its host. */
export const list: Bench = {
  name: 'list',
  method: `${containers} created containers with ZedOps’ labels. The agent’s own \`list()\` of its Docker runtime, in process as the agent calls it, beside the process \`docker ps --all\`; ${rounds} interleaved rounds, medians. What \`docker ps --all\` pays for its start is in it, because that is what one pays who asks it.`,
  async run({ cleaner, say }) {
    const runtime = createDockerRuntime({ socketPath, clock: systemClock, log: silentLog });
    cleaner.add(() => runtime.close());
    const ids = await createContainers({ cleaner, say }, containers);
    const seen = (await runtime.list()).filter(({ id }) => ids.includes(id)).length;
    if (seen !== containers) throw new Error(`the agent sees ${seen} of ${containers} containers`);
    const env = leanEnv();
    const samples = await interleave(rounds, {
      agent: () => timed(() => runtime.list()),
      docker: () => timed(() => execa('docker', ['ps', '--all', '--no-trunc'], { env, extendEnv: false })),
    });
    return [atMost(0.5, beside(`list of ${containers} containers`, samples('agent'), samples('docker'), 'ms'))];
  },
};
