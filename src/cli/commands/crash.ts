import { writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { privateFile, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { crashList, crashShow } from '../../protocol/operations/crash.ts';
import { type Command, command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { crashFacts, crashReport } from '../output/crash-report.ts';
import { type Cell, counted, moment, table } from '../output/format.ts';
import { createPaint } from '../output/paint.ts';

const usualLines = 20;

const showCommand = command({
  words: 'crashes show',
  summary: crashShow.summary,
  details: [
    'With --bundle all that is kept goes into one text file for whoever helps: the crash, the settings, the host and up to 2000 lines. Secrets are in it as the word "set" only; addresses of players are hidden.',
  ],
  subject: crashShow.subject,
  input: crashShow.request.extend({
    lines: z.int().min(0).max(2000).default(usualLines).describe('this many last lines of the log'),
    bundle: z.string().min(1).optional().describe('write everything into this new file instead'),
  }),
  positional: ['crash'],
  flags: { lines: { short: 'n', placeholder: 'lines' }, bundle: { placeholder: 'file' } },
  examples: [
    'zedops crashes show 01jd5k0c3p8x2m4v6b7n9qrs',
    'zedops crashes show 01jd5k0c3p8x2m4v6b7n9qrs --bundle crash.txt',
  ],
  async run({ crash: id, lines: wanted, bundle }, context) {
    const manager = await context.manager();
    const shown = await manager.call(crashShow, { crash: id }, context.signal);
    if (bundle !== undefined) {
      await writeNew(bundle, crashReport(shown));
      const done = { crash: shown.crash, file: bundle, lines: shown.lines.length };
      context.talk.done(done, `${bundle} has the crash of ${shown.crash.server} with ${counted(done.lines, 'line')}`);
      return undefined;
    }
    const last = wanted === 0 ? [] : shown.lines.slice(-wanted);
    context.talk.show({ ...shown, lines: last }, () => {
      const head = crashFacts(shown);
      if (last.length === 0) return head;
      return `${head}\n\n${last.map(stripControls).join('\n')}`;
    });
    return undefined;
  },
});

/** The commands of `zedops crashes`. */
export const crashCommands: readonly Command[] = [
  fromOperation(crashList, {
    words: 'crashes list',
    positional: ['server'],
    examples: ['zedops crashes list', 'zedops crashes list alpha --json'],
    answer: 'show',
    async text({ crashes, silentHosts }, _, context) {
      for (const host of silentHosts) context.talk.warn(`${host} is offline, so its crashes are not in the list`);
      if (crashes.length === 0) return '';
      const paint = await createPaint(context.globals.color);
      const rows = crashes.map((crash): Cell[] => [
        crash.id,
        moment(crash.at),
        crash.server,
        crash.host,
        { text: crash.class, paint: paint.bad },
        crash.exitCode === undefined ? undefined : String(crash.exitCode),
        crash.reason,
      ]);
      return table(['ID', 'AT', 'SERVER', 'HOST', 'CLASS', 'EXIT', 'REASON'], rows);
    },
  }),
  showCommand,
];

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: privateFile });
  } catch (cause) {
    if (systemErrorCode(cause) === 'EEXIST') {
      throw new ZedopsError('CONFLICT', `--bundle: ${file} is there already`, { hint: 'name a new file', cause });
    }
    const why = cause instanceof Error ? cause.message : 'it cannot be written';
    throw new ZedopsError('INVALID_INPUT', `--bundle: ${file}: ${why}`, { cause });
  }
}
