import { request } from 'node:http';
import { execa } from 'execa';
import { createDockerRuntime } from '../src/agent/runtime/docker.ts';
import { systemClock } from '../src/platform/clock.ts';
import { silentLog } from '../src/platform/log.ts';
import { atMost, type Bench, beside } from './comparison.ts';
import { makeEmptyImage } from './docker-engine.ts';
import { leanEnv } from './machine.ts';
import { interleave } from './statistics.ts';

const socketPath = '/var/run/docker.sock';
const containers = 200;
const rounds = 20;
const atOnce = 4;

/** How long an agent takes to see what there is on its host. */
export const list: Bench = {
  name: 'list',
  method: `${containers} created containers with ZedOps’ labels. The agent’s own \`list()\` of its Docker runtime, in process as the agent calls it, beside the process \`docker ps --all\`; ${rounds} interleaved rounds, medians. What \`docker ps --all\` pays for its start is in it, because that is what one pays who asks it.`,
  async run({ cleaner, say }) {
    const image = await makeEmptyImage(cleaner);
    const runtime = createDockerRuntime({ socketPath, clock: systemClock, log: silentLog });
    cleaner.add(() => runtime.close());
    const ids: string[] = [];
    cleaner.add(async () => {
      say(`removing ${ids.length} containers`);
      await inTurns(ids, (id) => engine('DELETE', `/containers/${id}?force=true&v=true`, 204));
    });
    say(`creating ${containers} containers`);
    await inTurns(
      Array.from({ length: containers }, (_, index) => `bench-${index}`),
      async (name) => {
        const answer = await engine('POST', `/containers/create?name=zedops-${name}`, 201, {
          Image: image,
          Cmd: ['/never'],
          Labels: {
            'zedops.managed': 'true',
            'zedops.server.id': name,
            'zedops.server.name': name,
            'zedops.type': 'simulator',
            'zedops.revision': '1',
            'pz.rcon.enabled': 'true',
          },
        });
        const id = /"Id":"([0-9a-f]+)"/.exec(answer)?.[1];
        if (id !== undefined) ids.push(id);
      },
    );
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

async function timed(task: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await task();
  return performance.now() - begun;
}

/** Does something for each item, a few at once: the engine creates no faster with more. */
async function inTurns<Item>(items: readonly Item[], task: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const work = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await task(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** One call of the engine's API. @throws Error unless it answers with the status that is expected. */
function engine(method: string, path: string, expected: number, body?: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const call = request({ socketPath, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === expected) resolve(answer);
        else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${answer}`));
      });
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
