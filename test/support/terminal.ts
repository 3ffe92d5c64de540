import { randomBytes } from 'node:crypto';
import { execa } from 'execa';
import { eventually } from './eventually.ts';

/** A real terminal of a given size, with a shell in it. */
export interface Terminal {
  /** Types text, without Enter. */
  type(text: string): Promise<void>;
  /** Presses a key by tmux's name for it: `Enter`, `C-c`. */
  press(key: string): Promise<void>;
  /** What is on the screen now, without trailing blanks. */
  screen(): Promise<string>;
  /** Waits until the screen fits and resolves with it. */
  shows(pattern: RegExp, seconds?: number): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  /** Keeps every byte that is written to the terminal from now on in a file. */
  record(path: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a terminal in a tmux server of its own. */
export async function openTerminal(options: {
  readonly columns: number;
  readonly rows: number;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}): Promise<Terminal> {
  const socket = `zedops-test-${randomBytes(4).toString('hex')}`;
  const tmux = (...args: readonly string[]) =>
    execa('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
      env: { ...options.env, TERM: 'xterm-256color', PS1: '$ ' },
      extendEnv: false,
      cwd: options.cwd,
    });
  await tmux(
    ...['new-session', '-d', '-x', String(options.columns), '-y', String(options.rows)],
    'bash --noprofile --norc',
  );
  const screen = async (): Promise<string> => {
    const { stdout } = await tmux('capture-pane', '-p', '-J');
    return stdout.replace(/[ \n]+$/, '');
  };
  return {
    screen,
    async type(text) {
      await tmux('send-keys', '-l', text);
    },
    async press(key) {
      await tmux('send-keys', key);
    },
    async shows(pattern, seconds = 20) {
      let last = '';
      return eventually(
        `the screen to show ${pattern}`,
        async () => {
          last = await screen();
          return pattern.test(last) ? last : undefined;
        },
        seconds,
      ).catch((error: unknown) => {
        throw new Error(`the screen never showed ${pattern}; it shows:\n${last}`, { cause: error });
      });
    },
    async resize(columns, rows) {
      await tmux('resize-window', '-x', String(columns), '-y', String(rows));
    },
    async record(path) {
      await tmux('pipe-pane', `cat >> '${path}'`);
    },
    async close() {
      await tmux('kill-server').catch(() => undefined);
    },
  };
}
