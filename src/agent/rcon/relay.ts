import type { Duplex } from 'node:stream';
import { type Clock, pause } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** A way into a container's own loopback address, by a program that its image has. */
export interface Relay {
  readonly stream: Duplex;
  /** Which program it is. */
  readonly tool: string;
}

const greetingMs = 5_000;
const mostGreetingBytes = 4_096;
const greeting = /^zedops relay ([a-z0-9]+)\r?\n/;
const refusal = 'zedops relay refused';

/** Both ends of a connection are closed as soon as one of them is: the game has no more than five. */
const bashScript = `
exec 4<&0
exec 3<>"/dev/tcp/127.0.0.1/$1" || { printf '${refusal}\\n'; exit; }
printf 'zedops relay bash\\n'
cat <&4 >&3 & a=$!
cat <&3 & b=$!
exec 3>&- 4<&-
wait -n
kill "$a" "$b" 2>/dev/null`;

const pythonScript = `
import os, select, socket, sys
try:
    game = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
except OSError:
    print("${refusal}")
    sys.exit()
game.settimeout(None)
game.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
os.write(1, b"zedops relay python3\\n")
while True:
    for source in select.select([0, game], [], [])[0]:
        piece = os.read(0, 65536) if source == 0 else game.recv(65536)
        if not piece:
            sys.exit()
        if source == 0:
            game.sendall(piece)
        while source != 0 and piece:
            piece = piece[os.write(1, piece):]`;

const shellScript = `
if command -v bash >/dev/null && command -v cat >/dev/null; then exec bash -c "$2" bash "$1"
elif command -v python3 >/dev/null; then exec python3 -c "$3" "$1"
elif command -v socat >/dev/null; then printf 'zedops relay socat\\n'; exec socat - "TCP:127.0.0.1:$1"
else echo 'the image has neither bash, python3 nor socat' >&2; exit 127; fi`;

const nodeScript = `
const game = require('node:net').connect({ host: '127.0.0.1', port: Number(process.argv[1]), noDelay: true });
const end = () => process.exit();
game.once('connect', () => {
  process.stdout.write('zedops relay node\\n');
  process.stdin.pipe(game).pipe(process.stdout);
});
game.on('error', (error) => (error.syscall === 'connect' ? process.stdout.write('${refusal}\\n', end) : end()));
game.on('close', () => process.stdout.write('', end));
process.stdin.on('end', end);`;

/** Nothing secret is in them: arguments can be read by everyone on the host. */
const programs: readonly ((port: number) => readonly string[])[] = [
  (port) => ['sh', '-c', shellScript, 'sh', String(port), bashScript, pythonScript],
  // The simulator's image has Node and nothing else.
  (port) => ['node', '-e', nodeScript, '--', String(port)],
];

/**
 * Opens a connection to a port inside a running container, through a program run there.
 * @throws ZedopsError UNREACHABLE where nothing listens at the port, or the image has no program for it; CANCELLED.
 */
export async function openRelay(
  { runtime, clock }: { readonly runtime: Pick<Runtime, 'pipe'>; readonly clock: Clock },
  containerId: string,
  port: number,
  signal: AbortSignal,
): Promise<Relay> {
  const reasons: string[] = [];
  for (const program of programs) {
    const stream = await runtime.pipe(containerId, program(port), signal);
    const said = await firstWords(stream, clock, signal);
    if (signal.aborted) {
      stream.destroy();
      throw new ZedopsError('CANCELLED', 'The RCON connection was given up');
    }
    const tool = greeting.exec(said)?.[1];
    if (tool !== undefined && tool !== 'refused') return { stream, tool };
    stream.destroy();
    if (said.includes(refusal)) {
      throw new ZedopsError('UNREACHABLE', `RCON does not listen at port ${port} inside the container`);
    }
    reasons.push(said.trim().split('\n').at(-1) ?? '');
  }
  throw new ZedopsError('UNREACHABLE', `No program in the container leads to its RCON: ${reasons.join('; ')}`, {
    hint: 'an image with bash, python3 or socat can be reached',
  });
}

/** The first line of a stream, whose rest stays in it; or all it said, and why, where it ended or the time was up. */
async function firstWords(stream: Duplex, clock: Clock, signal: AbortSignal): Promise<string> {
  const pieces: Buffer[] = [];
  let complaint = '';
  const over = new AbortController();
  const heard = new Promise<void>((resolve) => {
    const read = (): void => {
      for (let piece: unknown = stream.read(); Buffer.isBuffer(piece); piece = stream.read()) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      if (!bytes.includes(0x0a) && bytes.length < mostGreetingBytes) return;
      resolve();
    };
    stream.on('readable', read);
    stream.once('end', resolve);
    stream.once('close', resolve);
    stream.once('error', (error) => {
      complaint = error.message;
      resolve();
    });
  });
  await Promise.race([heard, pause(clock, greetingMs, AbortSignal.any([signal, over.signal]))]);
  over.abort();
  stream.removeAllListeners();
  // An error may still come while a stream closes that is given up; whoever takes it over listens for itself.
  stream.on('error', () => undefined);
  const bytes = Buffer.concat(pieces);
  const end = bytes.indexOf(0x0a) + 1;
  if (end > 0 && end < bytes.length && !stream.destroyed) stream.unshift(bytes.subarray(end));
  const words = bytes.subarray(0, end > 0 ? end : bytes.length).toString();
  return complaint === '' ? words : `${words}${complaint}`;
}
