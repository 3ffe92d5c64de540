import * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverRcon } from '../../protocol/operations/rcon.ts';
import { SelectorText } from '../../protocol/selector.ts';
import { commandRights } from '../../zomboid/commands/catalogue.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';
import { showCommands } from '../console/command-list.ts';
import { runInteractive } from '../console/interactive.ts';
import { runPiped } from '../console/piped.ts';
import { type Answered, answerRecord, sendLine } from '../console/send-line.ts';
import { lineOfWords } from '../console/words-line.ts';
import { bulkFlags, bulkShape, oneOrMany } from '../grammar/bulk.ts';
import { type Command, type Context, command } from '../grammar/command.ts';
import { confirm } from '../input/prompt.ts';
import { counted } from '../output/format.ts';
import { plain } from '../output/talk.ts';

const { parallel, keepGoing } = bulkShape;

const input = z.object({
  server: z.string().optional().describe('name or id of the server'),
  command: z.array(z.string()).optional().describe('command of the game; left out: a console, or lines from stdin'),
  on: SelectorText.optional().describe('send it to every server that fits, such as "tag=eu and state=ready"'),
  parallel,
  keepGoing,
  seconds: serverRcon.request.shape.seconds,
  commands: z.boolean().default(false).describe('list the commands of the game, and which of them this server has'),
});

type Input = z.output<typeof input>;

/** The commands of `zedops rcon`. */
export const rconCommands: readonly Command[] = [
  command({
    words: 'rcon',
    summary: 'Have a running game carry out console commands',
    details: [
      'Without a command it is a console: Tab completes commands, players and options, Ctrl-R searches what was typed before, Ctrl-C clears the line or stops waiting, Ctrl-D leaves. Through a pipe each line of stdin is run, and the exit code is that of the first that failed.',
      'Put a command with options of its own in quotes, or after --: zedops rcon alpha -- kickuser "Old Tom" -r "rude". Words with spaces are quoted for the game. Commands that cannot be undone ask first; in scripts say --yes.',
      'What you may send hangs on the command: looking needs server:read, what acts on players player:manage, save and quit server:control, all else server:console. A known refusal of the game is a failure: what is not there exits with 4, what it does not know with 8, what does not fit with 2. Every line is audited, without its passwords.',
    ],
    subject: serverRcon.subject,
    input,
    positional: ['server', 'command'],
    flags: { ...bulkFlags, seconds: { placeholder: 'count' } },
    examples: [
      'zedops rcon alpha players',
      'zedops rcon alpha',
      'zedops rcon alpha --commands',
      'echo players | zedops rcon alpha --json',
      `zedops rcon --on tag=eu 'servermsg "Restart in 5 minutes"' --yes`,
    ],
    async run(given, context) {
      if (given.on !== undefined) return sendToMany(given.on, given, context);
      const { server, command: words = [], seconds } = given;
      if (server === undefined) {
        throw new ZedopsError('INVALID_INPUT', 'zedops rcon needs <server>, or --on with a selector', {
          hint: 'zedops rcon --help',
        });
      }
      if (given.commands) return showCommands(server, context);
      if (words.length > 0) return sendToOne(server, lineOfWords(words), seconds, context);
      if (!context.io.inIsTty) return runPiped({ server, seconds }, context);
      if (!context.io.outIsTty || context.io.env.TERM === 'dumb')
        return runPiped({ server, seconds }, context, `${server}> `);
      return runInteractive(server, seconds, context);
    },
  }),
];

async function sendToOne(
  server: string,
  line: string,
  seconds: number | undefined,
  context: Context,
): Promise<undefined> {
  const shown = redactCommand(line);
  if (commandRights(undefined, line).effect === 'destroy') await confirm(context, `Send "${shown}" to ${server}?`);
  const manager = await context.manager();
  const answer = await sendLine(manager, { server, name: server, line, seconds }, context.signal);
  if (answer.failure) throw toldFailure(answer, answer.failure, context);
  context.talk.show(answerRecord(server, shown, answer), () => plain(answer.text));
  return undefined;
}

/** Of a refusal the message has the first line; more of it is shown before. */
function toldFailure({ text }: Answered, failure: ZedopsError, { io, globals }: Context): ZedopsError {
  if (!globals.json && text.trim().includes('\n')) io.stderr.write(`${plain(text.trimEnd())}\n`);
  return failure;
}

async function sendToMany(on: string, given: Input, context: Context): Promise<undefined> {
  const { server, command: others = [], seconds } = given;
  // With --on there is no server, so what stands in its place is the beginning of the command.
  const line = lineOfWords([...(server === undefined ? [] : [server]), ...others]);
  if (line === '' || given.commands) {
    throw new ZedopsError('INVALID_INPUT', 'zedops rcon --on needs a command to send', {
      hint: `zedops rcon --on '${on}' players`,
    });
  }
  const shown = redactCommand(line);
  const manager = await context.manager();
  return oneOrMany({ on, parallel: given.parallel, keepGoing: given.keepGoing }, context, {
    verb: 'rcon',
    manyQuestion: (count) => `Send "${shown}" to ${counted(count, 'server')}?`,
    isHarmless: commandRights(undefined, line).effect === 'read',
    async act(id, name) {
      const answer = await sendLine(manager, { server: id, name, line, seconds }, context.signal);
      if (answer.failure) throw answer.failure;
      return { reply: answerRecord(name, shown, answer), seconds: answer.ms / 1000 };
    },
    sentence: (_, { reply }) =>
      plain(reply.text)
        .trim()
        .replace(/\s*\n\s*/g, ', '),
  });
}
