import { mayPass } from '../../client/follow/outage.ts';
import { createReturnWatch } from '../../client/return-watch.ts';
import { consoleHistoryPath, openLineHistory } from '../../platform/terminal/line-history.ts';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverItems } from '../../protocol/operations/item.ts';
import { serverShow } from '../../protocol/operations/server.ts';
import { commandRights } from '../../zomboid/commands/catalogue.ts';
import type { Build } from '../../zomboid/commands/command.ts';
import { createCompletion } from '../../zomboid/commands/completion-source.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';
import { compareWithHelp } from '../../zomboid/commands/server-help.ts';
import type { Context } from '../grammar/command.ts';
import { tellFailure } from '../output/failure.ts';
import { counted } from '../output/format.ts';
import { plain } from '../output/talk.ts';
import { type Answered, sendLine } from './send-line.ts';
import { createTerminalLine, type TerminalLine } from './terminal-line.ts';

/** Runs the console of one server on a terminal, until whoever types leaves. */
export async function runInteractive(
  server: string,
  seconds: number | undefined,
  context: Context,
): Promise<undefined> {
  const { io, signal, clock, paths } = context;
  const manager = await context.manager();
  const { server: shown } = await manager.call(serverShow, { server }, signal);
  const history = await openLineHistory(
    consoleHistoryPath(paths.client, shown.id),
    (typed) => redactCommand(typed) === typed,
  );
  const { name } = shown;
  let build: Build | undefined;
  let commands: readonly string[] = [];
  let waiting: AbortController | undefined;
  let line: TerminalLine | undefined;

  const watch = createReturnWatch(manager, shown.id, clock, () => line?.print(`── ${name} is back ──`));
  const ask = async (text: string): Promise<Answered> => {
    waiting = new AbortController();
    const together = AbortSignal.any([signal, waiting.signal]);
    try {
      const answer = await sendLine(manager, { server: shown.id, name, line: text, seconds }, together);
      build = answer.build ?? build;
      if (watch.isAway) line?.print(`── ${name} is back ──`);
      watch.heard();
      return answer;
    } catch (error) {
      if (waiting.signal.aborted && !signal.aborted) {
        throw new ZedopsError('CANCELLED', 'You no longer wait for the answer; the game may still do it', {
          cause: error,
        });
      }
      if (mayPass(error)) watch.begin();
      throw error;
    } finally {
      waiting = undefined;
    }
  };
  const complete = createCompletion({
    now: () => clock.now(),
    build: () => build,
    commands: () => commands,
    ask: (text) => ask(text).then(({ values }) => values, whereUnasked),
    items: () => manager.call(serverItems, { server: shown.id }, signal).then(({ items }) => items, whereUnasked),
  });
  const tell = (error: unknown): void => {
    tellFailure(error, { stderr: io.stdout }, false);
    if (watch.isAway) io.stdout.write(`── ${name} cannot be reached; looking for it ──\n`);
  };
  const run = async (typed: string): Promise<void> => {
    if (commandRights(build, typed).effect === 'destroy' && !context.globals.yes) {
      const sure = await line?.read({ prompt: () => `Really? ${stripControls(redactCommand(typed))} [y/N] ` });
      if (sure === undefined || !/^y(es)?$/i.test(sure.trim())) {
        io.stdout.write('Nothing was done\n');
        return;
      }
    }
    const { text, failure } = await ask(typed);
    if (!failure || text.trim().includes('\n')) line?.print(plain(text));
    if (failure) throw failure;
  };

  line = createTerminalLine(io, () => waiting?.abort());
  const { read, close } = line;
  const leave = (): void => close();
  signal.addEventListener('abort', leave, { once: true });
  try {
    try {
      const { values, build: known } = await ask('help');
      commands = values && 'commands' in values ? values.commands.map((one) => one.name) : [];
      line.print(greeting(name, known, commands));
    } catch (error) {
      if (!mayPass(error)) throw error;
      tell(error);
    }
    for (;;) {
      const prompt = (): string => (watch.isAway ? `${name} (away)> ` : `${name}> `);
      const typed = (await read({ prompt, history: history.lines, complete }))?.trim();
      if (typed === undefined) break;
      if (typed === '') continue;
      await history.add(typed);
      try {
        await run(typed);
      } catch (error) {
        if (signal.aborted) throw error;
        tell(error);
      }
    }
  } finally {
    signal.removeEventListener('abort', leave);
    watch.close();
    close();
  }
  if (signal.aborted) throw new ZedopsError('CANCELLED', 'Interrupted');
  return undefined;
}

/** What cannot be asked now is not offered; the next line that is sent says why. */
function whereUnasked(error: unknown): undefined {
  if (!(error instanceof ZedopsError)) throw error;
}

function greeting(name: string, build: Build | undefined, commands: readonly string[]): string {
  const { missing, unknown } = compareWithHelp(build, commands);
  const differs = commands.length > 0 && missing.length + unknown.length > 0;
  const difference = differs
    ? `; ${counted(missing.length, 'command')} of the catalogue not here, ${unknown.length} not in it: zedops rcon ${name} --commands`
    : '';
  const which = build === undefined ? '' : `, build ${build}`;
  return stripControls(`${name}${which}: Tab completes, Ctrl-R searches, Ctrl-D leaves${difference}`);
}
