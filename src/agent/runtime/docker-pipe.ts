import { Duplex } from 'node:stream';
import { ZedopsError } from '../../protocol/errors.ts';
import type { DockerEngine } from './docker-engine.ts';
import { createFrameReader } from './docker-frames.ts';

const mostComplaintBytes = 1_024;

/**
 * Runs a program inside a running container and gives its input and output as one stream. What it says on its standard
 * error is the reason where it ends the stream. The stream's end is the end of the program's input.
 */
export async function pipeInDocker(
  engine: DockerEngine,
  id: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Duplex> {
  const about = `container ${id.slice(0, 12)}`;
  const exec = await engine.call(
    about,
    (docker, abortSignal) =>
      docker.getContainer(id).exec({
        ...{ Cmd: [...command], AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false },
        abortSignal,
      }),
    { signal },
  );
  const socket = await engine.hijack(about, `/exec/${exec.id}/start`, { Detach: false, Tty: false }, signal);
  const complaints: Buffer[] = [];
  let complained = 0;
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  const read = createFrameReader((isError, bytes, start, end) => {
    if (isError) {
      const piece = bytes.subarray(start, Math.min(end, start + mostComplaintBytes - complained));
      complained += piece.length;
      complaints.push(Buffer.from(piece));
    } else if (!stream.push(Buffer.from(bytes.subarray(start, end)))) socket.pause();
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : engine.broken(error));
    }
  });
  socket.on('end', () => {
    const said = Buffer.concat(complaints).toString().trim();
    if (said === '') stream.push(null);
    else stream.destroy(new ZedopsError('UNREACHABLE', `${command[0] ?? 'A program'} in ${about} ended: ${said}`));
  });
  // It may come again while the socket closes; only the first one counts.
  socket.on('error', (cause) => void stream.destroy(engine.broken(cause)));
  socket.on('close', () => void stream.destroy());
  return stream;
}
