import type { Accounts } from './accounts.ts';
import { startChatter } from './chatter.ts';
import { allCommands } from './commands/all-commands.ts';
import { type CommandGame, commandsOf, runCommand, shownCommand } from './commands/command.ts';
import { saveAnswer } from './commands/server-commands.ts';
import { aborted } from './ending.ts';
import { startPlayerLife } from './player-life.ts';
import { startRconServer } from './rcon-server.ts';
import { createRoster } from './roster.ts';
import type { Run } from './run.ts';
import type { SaveReason, World } from './world.ts';

/** A game that takes players. */
export interface PlayedGame {
  /** Saves and ends the run with an exit code, unless it is to hang. */
  stop(reason: 'quit' | 'signal', exitCode: number): void;
}

/** Lets players, output, saves and commands come to a game that has started, until the run is over. */
export async function playGame(
  run: Run,
  { accounts, world }: { accounts: Accounts; world: World },
): Promise<PlayedGame> {
  const { scenario, dialect, options, console, logs, loop, ending, clock, random, atEnd } = run;
  const roster = createRoster({ dialect, console, logs, accounts, now: clock.now });
  const commands = commandsOf(allCommands(), dialect.build);
  const stopLife: (() => void)[] = [];
  let stopping = false;

  const save = async (reason: SaveReason): Promise<void> => {
    const begun = clock.steady();
    const isSaved = await world.save(reason, roster.all(), scenario.saveSeconds, ending.signal);
    // Build 41 does not say when a save has ended.
    if (!isSaved || dialect.build === 41) return;
    const ms = Math.round(clock.steady() - begun);
    for (const line of [`SaveAll took ${ms} ms`, 'Saving finish', `Saving took ${ms} ms`]) console.log('General', line);
  };
  const inLoop = (task: () => Promise<void>): void => {
    loop.run(task).catch(ending.fail);
  };
  const stop = (reason: 'quit' | 'signal', exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    inLoop(async () => {
      const isNew = dialect.build === 42;
      if (isNew) console.log('General', 'Shutdown handling started');
      if (scenario.hangOnStop) return aborted(ending.signal);
      for (const end of stopLife) end();
      if (isNew) console.log('Network', 'Server exited');
      await save(reason);
      if (ending.signal.aborted) return;
      if (isNew) console.log('General', 'Shutdown handling finished');
      else console.log('Network', 'Server exited');
      ending.end(exitCode);
    });
  };
  const game: CommandGame = {
    ...{ dialect, options, accounts, roster, logs, console },
    save: () => inLoop(() => save('command')),
    quit: () => stop('quit', 0),
  };
  const execute = (line: string): Promise<string> => loop.run(() => runCommand(commands, line, game));

  const count = Math.min(scenario.players, Number(options.get('MaxPlayers')));
  stopLife.push(
    startPlayerLife({ clock, roster, logs, random }, { count, unicode: scenario.rconQuirks.has('unicode') }),
    startChatter({ clock, console }, scenario.logRate),
    startAutosave(run, () => inLoop(() => save('autosave'))),
  );
  for (const end of stopLife) atEnd(end);
  await openRcon(run, execute);
  readStdin(run, execute).catch(ending.fail);
  return { stop };
}

/** Options in force: the game reads port and password once, at its start. */
async function openRcon(run: Run, execute: (line: string) => Promise<string>): Promise<void> {
  const { options, scenario, dialect, console, clock, atEnd, ending } = run;
  const port = Number(options.get('RCONPort'));
  const password = options.get('RCONPassword');
  if (port === 0 || password === '') return;
  const close = await startRconServer({
    ...{ port, password, dialect, console, clock },
    quirks: scenario.rconQuirks,
    shown: shownCommand,
    async execute(line) {
      const answer = await execute(line);
      // The game keeps this answer to itself; here the log alone tells when a save was asked for.
      if (answer === saveAnswer) console.log('General', saveAnswer);
      return answer;
    },
  });
  if (!close) return;
  if (ending.signal.aborted) await close();
  else atEnd(close);
}

function startAutosave({ options, clock }: Run, save: () => void): () => void {
  const minutes = Number(options.get('SaveWorldEveryMinutes'));
  // A timer cannot wait for longer than about 24 days.
  return minutes === 0 ? () => undefined : clock.every(Math.min(minutes * 60_000, 2 ** 31 - 1), save);
}

async function readStdin(
  { stdin, console, dialect, ending }: Run,
  execute: (line: string) => Promise<string>,
): Promise<void> {
  for (;;) {
    const typed = await stdin.next();
    if (ending.signal.aborted) return;
    // Build 41 takes the end of its stdin for a command.
    const line = typed ?? (dialect.build === 41 ? 'process-status@eof' : '');
    if (line.trim() !== '') {
      if (typed !== undefined) {
        console.log('General', `command entered via server console (System.in): "${shownCommand(line)}"`);
      }
      const answer = await execute(line);
      if (answer !== '') console.log('General', answer);
    }
    if (typed === undefined) return;
  }
}
