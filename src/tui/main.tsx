import { render } from 'ink';
import type { CommandLines } from '../client/command-lines.ts';
import type { ManagerClient } from '../client/connect/manager-client.ts';
import type { Clock } from '../platform/clock.ts';
import { isAsciiTerminal } from '../platform/terminal/sparkline.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { App } from './App.tsx';
import { createActions } from './actions.ts';
import { createConsoles } from './console/consoles.ts';
import type { ExamineHere, Overlay, Tui } from './context.ts';
import { feedStore } from './feed.ts';
import type { FirstRun } from './first-run.ts';
import { createDesk } from './forms/desk.ts';
import { createKeyRouter } from './keys/key-router.ts';
import { createKeymap, readKeys } from './keys/keymap.ts';
import { createTypingKeys } from './keys/typing-keys.ts';
import { createRuns } from './palette/runs.ts';
import { type PlainOptions, tellPlainly } from './plain.ts';
import { askToLeave } from './screens/Leave.tsx';
import { createStore, type Store } from './store/store.ts';
import { createCompositor } from './terminal/compositor.ts';
import { createInkInput, createInkOutput } from './terminal/ink-streams.ts';
import { openTerminal, type SignalSource, type TerminalInput, type TerminalOutput } from './terminal/terminal.ts';
import { chooseTheme, type ThemeName } from './theme.ts';

/** What {@link runTui} is given. */
export interface TuiOptions {
  /** Absent where no manager is known: the ways to one are shown. */
  readonly client: ManagerClient | undefined;
  readonly clock: Clock;
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  readonly signals: SignalSource;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder files are saved to. */
  readonly folder: string;
  /** The client's own folder, where what was typed is kept; absent: it is forgotten. */
  readonly historyFolder?: string | undefined;
  readonly isReadOnly: boolean;
  readonly theme?: ThemeName | undefined;
  /** A person's own keys, as the setting `tui.keys` has them. */
  readonly keys?: string | undefined;
  /** The command line of ZedOps, for `:`. */
  readonly commandLines?: CommandLines | undefined;
  /** The setting `manager.url`. */
  readonly publicUrl?: string | undefined;
  readonly examineHere?: ExamineHere | undefined;
  readonly firstRun?: FirstRun | undefined;
  /** What of {@link FirstRun.start} runs, and ends with the screens unless told otherwise. */
  readonly started?: 'here' | 'demo' | undefined;
  /** Whether the wheel scrolls and clicks select. */
  readonly hasMouse?: boolean | undefined;
}

/** How the screens ended. */
export interface TuiOutcome {
  readonly exitCode: number;
  /** A command line to go on with, now that the terminal is the shell's again. */
  readonly next?: readonly string[];
  /** A manager that was found on the way: open its screens. */
  readonly client?: ManagerClient;
  /** True where what was started here is to run on. */
  readonly keepsStarted?: true;
}

/** Milliseconds a notice stays, whatever is pressed. */
const noticeMs = 1_500;
/**
 * Milliseconds the first frame waits for the fleet, which is on its way since the program was loaded: to draw nothing
 * first and all of it then takes longer than to draw it once.
 */
const firstFleetMs = 60;
const signalCodes: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/**
 * Opens the screens on a terminal, and resolves when a person or a signal has ended them.
 * @throws ZedopsError INVALID_INPUT for keys that cannot be read, before anything is drawn.
 */
export async function runTui(options: TuiOptions): Promise<TuiOutcome> {
  const { client, clock, env, isReadOnly } = options;
  const keymap = createKeymap(readKeys(options.keys ?? ''), isReadOnly);
  const terminal = openTerminal({ ...options, hasMouse: options.hasMouse === true });
  const ending = new AbortController();
  const done = Promise.withResolvers<TuiOutcome>();
  const compositor = createCompositor(terminal, clock);
  const store = createStore(clock);
  const router = createKeyRouter();
  const output = createInkOutput(terminal.size(), (frame) => compositor.frame(frame));
  const resizeListeners = new Set<() => void>();
  let openOverlay: (overlay: Overlay) => void = () => undefined;
  let noticeId = 0;

  const notify: Tui['notify'] = ({ tone, text, hint }) => {
    noticeId += 1;
    store.apply({ kind: 'notice', notice: { id: noticeId, tone, text, hint, at: clock.now() } });
  };
  const consoles = createConsoles({
    ...{ client, clock, historyFolder: options.historyFolder },
    onFault: (error) => notify({ tone: 'warn', text: `What was typed before: ${messageOf(error)}` }),
  });
  const tui: Tui = {
    store,
    client,
    clock,
    theme: chooseTheme(options.theme, env),
    isAscii: isAsciiTerminal(env),
    keymap,
    router,
    typing: createTypingKeys(),
    actions: client ? createActions({ client, clock, signal: ending.signal, notify }) : { run: noClient },
    consoles,
    desk: client
      ? createDesk({ client, clock, signal: ending.signal, notify, hosts: () => [...store.state().hosts.values()] })
      : undefined,
    isReadOnly,
    signal: ending.signal,
    folder: options.folder,
    commandLines: options.commandLines,
    runs: createRuns({ commandLines: options.commandLines, signal: ending.signal, notify }),
    publicUrl: options.publicUrl,
    examineHere: options.examineHere,
    firstRun: options.firstRun,
    notify,
    open: (overlay) => openOverlay(overlay),
    showPane: compositor.showPane,
    suspend: terminal.suspend,
    redraw: compositor.forget,
    enter: (found) => done.resolve({ exitCode: 0, client: found }),
    quit(next) {
      const outcome = { exitCode: 0, ...(next === undefined ? {} : { next }) };
      const { started } = options;
      if (started === undefined) done.resolve(outcome);
      else {
        askToLeave(tui, started, (keepsStarted) =>
          done.resolve({ ...outcome, ...(keepsStarted ? { keepsStarted } : {}) }),
        );
      }
    },
  };
  terminal.onKey((key) => {
    // Whoever goes on has read what was said.
    const { notice } = store.state();
    if (notice && clock.now() - notice.at > noticeMs) store.apply({ kind: 'notice', notice: undefined });
    router.dispatch(key);
  });
  terminal.onRedraw(() => {
    Object.assign(output, terminal.size());
    compositor.forget();
    output.emit('resize');
    for (const listener of [...resizeListeners]) listener();
  });
  terminal.onEnd((signal) => done.resolve({ exitCode: signalCodes[signal] ?? 1 }));
  if (client) {
    feedStore({ client, store, clock, signal: ending.signal });
    await fleetIsThere(store, clock);
  } else store.apply({ kind: 'go', route: { screen: 'welcome' } });

  const stage = {
    size: () => terminal.size(),
    onResize(listener: () => void) {
      resizeListeners.add(listener);
      return () => resizeListeners.delete(listener);
    },
    onReady(open: (overlay: Overlay) => void) {
      openOverlay = open;
    },
  };
  const ink = render(<App tui={tui} stage={stage} />, {
    stdout: output,
    stdin: createInkInput(),
    debug: true,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    isScreenReaderEnabled: false,
  });
  // What breaks a component ends here, and is told on the person's own screen.
  ink.waitUntilExit().catch((error: unknown) => done.reject(error));
  try {
    return await done.promise;
  } finally {
    ending.abort();
    consoles.close();
    ink.unmount();
    compositor.end();
    store.end();
    terminal.close();
  }
}

/** Tells the fleet line by line instead of drawing it. @throws ZedopsError when the manager refuses. */
export function runPlainTui(options: PlainOptions): Promise<void> {
  return tellPlainly(options);
}

/** Resolves when the fleet is known, or why it is not, or when that takes too long. */
function fleetIsThere(store: Store, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      takeBack();
      unsubscribe();
      resolve();
    };
    const takeBack = clock.after(firstFleetMs, done);
    const unsubscribe = store.subscribe(() => {
      const { isWhole, link } = store.state();
      if (isWhole || link.state === 'lost' || link.state === 'refused') done();
    });
  });
}

async function noClient(): Promise<void> {
  throw new ZedopsError('UNAUTHENTICATED', 'No manager to talk to');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
