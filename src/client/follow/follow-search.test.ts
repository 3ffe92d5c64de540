import { expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import type { LogFinding } from '../../protocol/entities/log-search.ts';
import { serverLogSearch } from '../../protocol/operations/log-search.ts';
import { createFakeManager } from '../fake-manager.ts';
import { followSearch } from './follow-search.ts';

const total = 20;

/** A manager whose server alpha has twenty lines, by turns of the console and of a file; beta has none. */
function manager() {
  let asked = 0;
  const one = createFakeManager(
    {
      'server.log-search': async ({ data, progress, signal }) => {
        asked += 1;
        const { places } = serverLogSearch.request.parse(data);
        const placeOf = (id: string) => places.find(({ serverId }) => serverId === id);
        const of = (serverId: string, finding: object): void => progress({ serverId, server: serverId, finding });
        const { after, filesAfter, found = 0 } = placeOf('alpha') ?? {};
        expect([(after?.seq ?? 0) + (filesAfter?.nth ?? 0), placeOf('beta')?.isOver]).toEqual([
          found,
          asked === 1 ? undefined : true,
        ]);
        if (asked === 1) of('beta', { kind: 'over', found: 0, isCut: false });
        for (let nth = found; nth < total && !signal.aborted; nth += 1) {
          const half = Math.floor(nth / 2) + 1;
          const line = { time: '2026-11-21T18:00:00Z', text: `${nth}` };
          if (nth % 2 === 0) {
            const lines = [{ ...line, seq: half, output: 'stdout' }];
            of('alpha', { kind: 'found', stream: 's', through: half, lines });
          } else {
            const lines = [{ ...line, file: 'x_chat.txt', category: 'chat' }];
            of('alpha', { kind: 'file-found', place: { atMs: 7, nth: half }, lines });
          }
          // What was asked to end hears of it.
          await new Promise(setImmediate);
        }
        signal.throwIfAborted();
        return { servers: [{ id: 'alpha', server: 'alpha', found: total, isCut: false }] };
      },
    },
    systemClock,
  );
  return { ...one, asked: () => asked };
}

function textsOf(finding: LogFinding): readonly string[] {
  return finding.kind === 'gap' ? [] : finding.lines.map(({ text }) => text);
}

test('a sink that lags puts the search down, and hears each line once and in order', async () => {
  const { open, asked } = manager();
  const { signal } = new AbortController();
  const session = await open(signal);
  const texts: string[] = [];
  let backlog = 0;
  let most = 0;
  const ends = await followSearch(
    session,
    { on: 'all' },
    {
      signal,
      take(_, finding) {
        texts.push(...textsOf(finding));
        backlog += 1;
        most = Math.max(most, backlog);
      },
      backlog: () => backlog,
      async drained() {
        backlog = 0;
      },
      mostBacklog: 3,
    },
  );
  expect(texts).toEqual(Array.from({ length: total }, (_, nth) => `${nth}`));
  expect(most).toBe(4);
  expect(asked()).toBe(6);
  expect(ends).toEqual([
    { id: 'alpha', server: 'alpha', found: total, isCut: false },
    { id: 'beta', server: 'beta', found: 0, isCut: false },
  ]);
  session.close();
});
