import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import type { LogCursor, LogItem } from '../../protocol/entities/log.ts';
import { linesOf } from '../../protocol/entities/log.ts';
import type { LogFinding } from '../../protocol/entities/log-search.ts';
import { agentLogs } from '../../protocol/operations/agent.ts';
import { agentLogSearch } from '../../protocol/operations/log-search.ts';
import { serverCreate } from '../../protocol/operations/server.ts';
import { type AgentBed, createAgentBed } from '../agent-bed.ts';

let bed: AgentBed;
beforeEach(async () => {
  bed = await createAgentBed();
});
afterEach(() => bed.dispose());

async function read(from: { readonly after?: LogCursor; readonly since?: string } = {}) {
  const items: LogItem[] = [];
  await bed
    .manager()
    .request(agentLogs, { serverId: 's1', follow: false, ...from }, { onProgress: (item) => void items.push(item) });
  const lines = items.flatMap((item) => (item.kind === 'lines' ? [...linesOf(item)] : []));
  return { lines, gaps: items.filter(({ kind }) => kind === 'gap').length };
}

async function search(pattern: string, limit = 1000) {
  const findings: LogFinding[] = [];
  const end = await bed
    .manager()
    .request(
      agentLogSearch,
      { serverId: 's1', pattern, limit },
      { onProgress: (finding) => void findings.push(finding) },
    );
  return { end, lines: findings.flatMap((finding) => (finding.kind === 'found' ? finding.lines : [])) };
}

test('what the engine has thrown away comes from the archive, in logs and in searches, each line once', async () => {
  await bed.ask(serverCreate, bed.server());
  const game = bed.fake.container('s1');
  for (let n = 1; n <= 500; n += 1) game.print(`LOG  : General      f:0 st:${n}> old line ${n}, a-password-of-rcon`);
  await eventually('the lines to be numbered', async () =>
    (await read()).lines.some(({ text }) => text.includes('old line 500')),
  );
  // A new start: the newest lines in memory are gone, and the engine keeps only a few of the others.
  await bed.restart();
  bed.fake.container('s1').dropLines(480);
  bed.fake.container('s1').print('ERROR: Lua          f:0 st:501> new line');
  await eventually('the new line to be read', async () =>
    (await read()).lines.some(({ text }) => text.includes('new line')),
  );
  const { lines } = await read();
  const numbers = lines.map(({ seq }) => seq);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  const old = lines
    .filter(({ text }) => text.includes('old line'))
    .map(({ text }) => Number(/line (\d+)/.exec(text)?.[1]));
  expect(old).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  expect(lines.some(({ text }) => text.includes('a-password-of-rcon'))).toBe(false);

  const found = await search('old line [0-9]*7[^0-9]');
  expect(found.lines.map(({ message }) => message)).toHaveLength(50);
  expect(found.lines[0]).toMatchObject({ level: 'LOG', category: 'General', message: 'old line 7, ******' });
  expect((await search('new line')).lines).toMatchObject([{ event: 'error', category: 'Lua' }]);
  expect((await search('line', 10)).end).toEqual({ found: 10, isCut: true });
});
