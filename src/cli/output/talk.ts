import { stripControls } from '../../platform/terminal/terminal-text.ts';
import type { Globals } from '../grammar/globals.ts';
import type { Io } from '../io.ts';

/** How commands speak: results on stdout, talk on stderr, each as the person asked for it. */
export interface Talk {
  /** The outcome of a deed: with `--json` the reply, with `--quiet` nothing, else a sentence. */
  done(reply: unknown, sentence: string): void;
  /** What was asked for: with `--json` the reply, else text made of safe parts, `--quiet` or not. */
  show(reply: unknown, text: () => string): void;
  /** A remark on stderr; not with `--quiet`. */
  note(text: string): void;
  /** A remark on stderr that is shown even with `--quiet`. */
  warn(text: string): void;
}

/** Makes the way to speak of one run. */
export function createTalk(io: Pick<Io, 'stdout' | 'stderr'>, { json, quiet }: Pick<Globals, 'json' | 'quiet'>): Talk {
  const put = (text: string): void => {
    if (text !== '') io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  };
  return {
    done(reply, sentence) {
      if (json) put(jsonText(reply));
      else if (!quiet) put(plain(sentence));
    },
    show(reply, text) {
      if (json) put(jsonText(reply));
      else put(text());
    },
    note(text) {
      if (!quiet) io.stderr.write(`${plain(text)}\n`);
    },
    warn(text) {
      io.stderr.write(`${plain(`warning: ${text}`)}\n`);
    },
  };
}

/** A text of several lines from outside, without what a terminal would obey. */
export function plain(text: string): string {
  return text.split('\n').map(stripControls).join('\n');
}

/** JSON on one line that a terminal only shows: what it might obey is written as `\uXXXX`, so that nothing is lost. */
export function jsonText(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
