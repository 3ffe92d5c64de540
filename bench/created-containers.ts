import { request } from 'node:http';
import type { BenchContext } from './comparison.ts';
import { makeEmptyImage, socketPath } from './docker-engine.ts';
import { inTurns } from './in-turns.ts';

/** The server that the container at an index of {@link createContainers} belongs to: both its id and its name. */
export function serverOfContainer(index: number): string {
  return `bench-${index}`;
}

/** Creates containers with ZedOps’ labels that are never started, and takes note of how they are removed. @returns their ids. */
export async function createContainers({ cleaner, say }: BenchContext, count: number): Promise<readonly string[]> {
  const image = await makeEmptyImage(cleaner);
  const ids: string[] = [];
  cleaner.add(async () => {
    say(`removing ${ids.length} containers`);
    await inTurns(atOnce, ids, (id) => engine('DELETE', `/containers/${id}?force=true&v=true`, 204));
  });
  say(`creating ${count} containers`);
  const names = Array.from({ length: count }, (_, index) => serverOfContainer(index));
  await inTurns(atOnce, names, async (name) => {
    const answer = await engine('POST', `/containers/create?name=simulator-${name}`, 201, {
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
  });
  return ids;
}

/** The engine creates no faster with more. */
const atOnce = 4;

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
