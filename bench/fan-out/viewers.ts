/** A process of viewers, of a server's log through a manager or of a subject of NATS. */
import type { LogItem } from '../../src/protocol/entities/log.ts';
import { serverLogs } from '../../src/protocol/operations/server.ts';
import { openSignedIn } from '../signed-in.ts';
import { publishedAt } from './line.ts';
import { sharedClock, type Target, ToViewers } from './messages.ts';
import { viewNats } from './nats-viewer.ts';

/** Lines between two words to the publisher of how far the slowest viewer is. */
const acknowledgeEvery = 500;

interface Viewer {
  had: number;
  lost: number;
}

const viewers: Viewer[] = [];
let count: { readonly lines: number; readonly timed: boolean; readonly ages: number[]; told: number } | undefined;
let isConnected = false;

process.once('disconnect', () => process.exit(0));
process.on('message', async (message) => {
  const task = ToViewers.parse(message);
  if (task.do === 'connect') {
    for (let index = 0; index < task.count; index += 1) await view(task.target);
  } else {
    for (const viewer of viewers) Object.assign(viewer, { had: 0, lost: 0 });
    count = { lines: task.lines, timed: task.timed, ages: [], told: 0 };
  }
});

async function view(target: Target): Promise<void> {
  const viewer: Viewer = { had: 0, lost: 0 };
  viewers.push(viewer);
  if (target.kind === 'nats') {
    await viewNats(target.port, target.authority, (text) => {
      viewer.had += 1;
      if (count?.timed) count.ages.push(sharedClock() - publishedAt(text));
      progressed(viewer);
    });
    return;
  }
  const session = await openSignedIn(target.home);
  const onProgress = (item: LogItem): void => {
    if (item.kind === 'notice') return;
    if (item.kind === 'gap') viewer.lost += item.count ?? 1;
    else {
      viewer.had += item.count;
      if (count?.timed) takeAges(item.text, count.ages);
    }
    progressed(viewer);
  };
  const request = { server: target.server, follow: true, tail: 0 };
  session.peer.request(serverLogs, request, { onProgress }).catch((error) => {
    process.stderr.write(`a viewer was cut off: ${error}\n`);
    process.exit(1);
  });
}

function takeAges(text: string, ages: number[]): void {
  const now = sharedClock();
  for (let feed = -1; ; ) {
    ages.push(now - publishedAt(text, feed + 1));
    feed = text.indexOf('\n', feed + 1);
    if (feed === -1) return;
  }
}

function progressed(viewer: Viewer): void {
  if (!isConnected) {
    if (!viewers.every(({ had, lost }) => had + lost > 0)) return;
    isConnected = true;
    process.send?.({ did: 'connect' });
  }
  const have = viewer.had + viewer.lost;
  // Only a viewer that passes the mark can have been the slowest one.
  if (!count || have < Math.min(count.lines, count.told + acknowledgeEvery)) return;
  const slowest = Math.min(...viewers.map(({ had, lost }) => had + lost));
  if (slowest >= count.lines) {
    const lost = viewers.reduce((sum, each) => sum + each.lost, 0);
    const ages = Float64Array.from(count.ages, (nanoseconds) => nanoseconds / 1e6);
    count = undefined;
    process.send?.({ did: 'count', endedAt: sharedClock(), lost, ages });
  } else if (slowest >= count.told + acknowledgeEvery) {
    count.told = slowest;
    process.send?.({ did: 'read', through: slowest });
  }
}
