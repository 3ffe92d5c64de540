import { ZedopsError } from '../../protocol/errors.ts';
import type { DockerEngine } from './docker-engine.ts';
import { createFrameReader } from './docker-frames.ts';

const longestOutputBytes = 64 * 1024;

/** Runs a program inside a running container. What it prints past 64 KiB is read and dropped. */
export async function execInDocker(
  engine: DockerEngine,
  id: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ exitCode: number; output: string }> {
  const about = `container ${id.slice(0, 12)}`;
  const exec = await engine.call(
    about,
    (docker, abortSignal) =>
      docker
        .getContainer(id)
        .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, Tty: false, abortSignal }),
    { signal },
  );
  const stream = await engine.call(about, () => exec.start({ hijack: false, stdin: false }), { signal });
  const end = (): void => {
    stream.destroy();
  };
  signal.addEventListener('abort', end, { once: true });
  const parts: Buffer[] = [];
  let kept = 0;
  const read = createFrameReader((_, bytes, start, stop) => {
    const room = Math.min(longestOutputBytes - kept, stop - start);
    if (room > 0) parts.push(Buffer.from(bytes.subarray(start, start + room)));
    kept += Math.max(0, room);
  });
  try {
    for await (const chunk of stream) read(Buffer.from(chunk));
  } catch (error) {
    if (!signal.aborted) throw engine.broken(error);
  } finally {
    signal.removeEventListener('abort', end);
  }
  if (signal.aborted) throw new ZedopsError('CANCELLED', `${command[0] ?? 'The program'} was not waited for`);
  const { ExitCode } = await engine.call(about, (_, abortSignal) => exec.inspect({ abortSignal }), { signal });
  return { exitCode: ExitCode ?? -1, output: Buffer.concat(parts).toString('utf8') };
}
