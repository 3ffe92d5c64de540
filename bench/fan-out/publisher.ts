/** The process that publishes lines: an agent with one server to a manager, or a client of NATS. One line, one time. */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { LogBatch } from '../../src/protocol/entities/log.ts';
import { agentLogs } from '../../src/protocol/operations/agent.ts';
import type { Incoming } from '../../src/protocol/peer.ts';
import { playAgent } from '../fake-agent/fake-agent.ts';
import { makeLine } from './line.ts';
import { sharedClock, type Target, ToPublisher } from './messages.ts';
import { connectNatsPublisher } from './nats-publisher.ts';

/** Lines handed over at once when there is no pause between them: about as much as one read from an engine holds. */
const largestBatch = 256;
const warmEveryMs = 20;

/** Takes lines to whoever views them. Resolves when there is room for more. */
type Publish = (lines: readonly string[]) => Promise<void>;

let publish: Publish = () => Promise.reject(new Error('not connected'));
let acknowledged = 0;
let warming: NodeJS.Timeout | undefined;

process.once('disconnect', () => process.exit(0));
process.on('message', async (message) => {
  const task = ToPublisher.parse(message);
  if (task.do === 'connect') {
    publish = await connect(task.target);
    process.send?.({ did: 'connect' });
  } else if (task.do === 'warm') {
    clearInterval(warming);
    if (task.on) warming = setInterval(() => void publish([makeLine(sharedClock())]), warmEveryMs);
  } else if (task.do === 'acknowledge') {
    acknowledged = task.through;
  } else {
    acknowledged = 0;
    const begunAt = sharedClock();
    if (task.perSecond === 0) await publishFast(task.lines, task.window);
    else await publishAtRate(task.lines, task.perSecond);
    process.send?.({ did: 'publish', begunAt });
  }
});

async function publishFast(lines: number, window: number): Promise<void> {
  for (let sent = 0; sent < lines; ) {
    const count = Math.min(lines - sent, largestBatch, acknowledged + window - sent);
    if (count > 0) {
      await publish(linesNow(count));
      sent += count;
    }
    // Acknowledgements are read between two turns.
    await nextTurn();
  }
}

async function publishAtRate(lines: number, perSecond: number): Promise<void> {
  const begun = performance.now();
  for (let sent = 0; sent < lines; ) {
    const due = Math.min(lines, Math.floor(((performance.now() - begun) * perSecond) / 1000)) - sent;
    if (due > 0) {
      await publish(linesNow(due));
      sent += due;
    }
    await pause(1);
  }
}

function linesNow(count: number): readonly string[] {
  return Array.from({ length: count }, () => makeLine(sharedClock()));
}

async function connect(target: Target): Promise<Publish> {
  if (target.kind === 'nats') {
    const client = await connectNatsPublisher(target.port, target.authority);
    return (lines) => client.publish(lines);
  }
  const log = createPlayedLog();
  await playAgent({ url: target.url, code: target.code, folder: target.folder, giveLog: log.give });
  return log.publish;
}

const lagBytes = 1024 * 1024;

/** A log that gives what is published to whoever follows it at the time, and has no past. */
function createPlayedLog(): { readonly give: (incoming: Incoming) => Promise<unknown>; readonly publish: Publish } {
  const stream = 'bench';
  const followers = new Set<Incoming>();
  let next = 1;
  return {
    async give(incoming) {
      const { follow, after } = agentLogs.request.parse(incoming.data);
      const cursor = { stream, seq: next - 1 };
      if (after !== undefined && after.stream === stream && after.seq < cursor.seq) {
        const count = cursor.seq - after.seq;
        incoming.progress({ kind: 'gap', stream, through: cursor.seq, count, reason: 'rotated' });
      }
      if (!follow) return { cursor };
      incoming.progress({ kind: 'notice', notice: 'live' });
      followers.add(incoming);
      await new Promise((resolve) => incoming.signal.addEventListener('abort', resolve, { once: true }));
      followers.delete(incoming);
      return { cursor };
    },
    async publish(lines) {
      const text = lines.join('\n');
      const batch: LogBatch = { kind: 'lines', stream, first: next, count: lines.length, text };
      next += lines.length;
      for (const follower of followers) {
        follower.progress(batch);
        if (follower.buffered() > lagBytes) await follower.drained();
      }
    },
  };
}
