import * as z from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { DockerEngine } from './docker-engine.ts';
import { refused } from './docker-errors.ts';
import type { ReportStep } from './runtime.ts';

/** One line of the engine's report on a pull. */
const PullNews = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
});
export type PullNews = z.infer<typeof PullNews>;

/** A registry may be slow, but an engine that says nothing about a pull for this long is stuck. */
const longestSilenceMs = 300_000;
const longestLineBytes = 1024 * 1024;

/** Pulls an image, saying how far it is. @throws ZedopsError TIMEOUT after five minutes without news. */
export async function pullImage(
  engine: DockerEngine,
  clock: Clock,
  image: string,
  report: ReportStep,
  signal: AbortSignal,
): Promise<void> {
  const silent = new AbortController();
  const ended = AbortSignal.any([signal, silent.signal]);
  let takeBack = (): void => undefined;
  const heard = (): void => {
    takeBack();
    takeBack = clock.after(longestSilenceMs, () => silent.abort());
  };
  const about = `pull image ${image}`;
  const layers = createLayers();
  report(`pulling ${image}`);
  heard();
  try {
    const query = new URLSearchParams(imageParts(image));
    const options = { method: 'POST', signal: ended, deadlineMs: longestSilenceMs } as const;
    const stream = await engine.open(about, `/images/create?${query}`, options);
    stream.setEncoding('utf8');
    let rest = '';
    let shown: number | undefined;
    for await (const chunk of stream) {
      heard();
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > longestLineBytes) throw engine.broken(new Error('a line of its report has no end'));
      for (const line of lines) {
        if (line.trim() === '') continue;
        const news = PullNews.parse(JSON.parse(line));
        if (news.error !== undefined) throw refused({ statusCode: 500, message: news.error }, about);
        layers.note(news);
      }
      const percent = layers.percent();
      if (percent !== undefined && percent !== shown) report(`pulling ${image}`, percent);
      shown = percent;
    }
  } catch (error) {
    if (signal.aborted) throw new ZedopsError('CANCELLED', `The pull of ${image} was cancelled`, { cause: error });
    if (silent.signal.aborted) {
      throw new ZedopsError('TIMEOUT', `The pull of ${image} made no progress for five minutes`, {
        hint: `docker pull ${image} on the host shows what it waits for`,
        cause: error,
      });
    }
    throw error instanceof ZedopsError ? error : engine.broken(error);
  } finally {
    takeBack();
  }
}

/** How far a pull is, over all of an image's layers. */
interface Layers {
  note(news: PullNews): void;
  /** Whole percent, never less than before; undefined until the layers are known. */
  percent(): number | undefined;
}

/** Half of a layer's way is its download, the other half its unpacking. Layers count alike: their sizes are told late. */
export function createLayers(): Layers {
  const done = new Map<string, number>();
  let highest = 0;
  return {
    note({ id, status, progressDetail }) {
      if (id === undefined || status === undefined) return;
      const { current = 0, total = 0 } = progressDetail ?? {};
      const part = total > 0 ? Math.min(1, current / total) : 0;
      const share = shareOf(status, part);
      if (share !== undefined) done.set(id, Math.max(done.get(id) ?? 0, share));
    },
    percent() {
      if (done.size === 0) return undefined;
      const sum = [...done.values()].reduce((total, share) => total + share, 0);
      highest = Math.max(highest, Math.floor((sum / done.size) * 100));
      return highest;
    },
  };
}

function shareOf(status: string, part: number): number | undefined {
  switch (status) {
    case 'Pulling fs layer':
    case 'Waiting':
      return 0;
    case 'Downloading':
      return part / 2;
    case 'Verifying Checksum':
    case 'Download complete':
      return 0.5;
    case 'Extracting':
      return 0.5 + part / 2;
    case 'Pull complete':
    case 'Already exists':
      return 1;
    default:
      return undefined;
  }
}

/** A reference as the engine wants it: name, and tag or digest. Without a tag the engine would pull all there are. */
export function imageParts(image: string): { readonly fromImage: string; readonly tag: string } {
  const at = image.indexOf('@');
  if (at !== -1) return { fromImage: image.slice(0, at), tag: image.slice(at + 1) };
  const colon = image.lastIndexOf(':');
  if (colon > image.lastIndexOf('/')) return { fromImage: image.slice(0, colon), tag: image.slice(colon + 1) };
  return { fromImage: image, tag: 'latest' };
}
