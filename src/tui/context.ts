import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { CommandLines } from '../client/command-lines.ts';
import type { ManagerClient } from '../client/connect/manager-client.ts';
import type { Clock } from '../platform/clock.ts';
import type { Finding } from '../protocol/entities/finding.ts';
import type { Actions } from './actions.ts';
import type { Consoles } from './console/consoles.ts';
import type { FirstRun } from './first-run.ts';
import type { Desk } from './forms/desk.ts';
import type { KeyRouter } from './keys/key-router.ts';
import type { Keymap, Place } from './keys/keymap.ts';
import type { TypingKey, TypingKeys } from './keys/typing-keys.ts';
import type { Runs } from './palette/runs.ts';
import type { Notice, TuiState } from './store/state.ts';
import type { Store } from './store/store.ts';
import type { PaneSource } from './terminal/pane.ts';
import type { Theme } from './theme.ts';

/** Looks at what ZedOps needs of its own machine. */
export type ExamineHere = () => Promise<readonly Finding[]>;

/** What is laid over the lower part of a screen until it is closed: a question, an explanation. */
export interface Overlay {
  /** Rows it takes. */
  readonly rows: number;
  readonly render: (close: () => void) => ReactNode;
}

/** What every screen works with. */
export interface Tui {
  readonly store: Store;
  /** Absent where no manager is known. */
  readonly client: ManagerClient | undefined;
  readonly clock: Clock;
  readonly theme: Theme;
  /** True for a terminal that may show plain letters only. */
  readonly isAscii: boolean;
  readonly keymap: Keymap;
  readonly router: KeyRouter;
  readonly actions: Actions;
  readonly typing: TypingKeys;
  readonly consoles: Consoles;
  /** Absent where no manager is known. */
  readonly desk: Desk | undefined;
  readonly isReadOnly: boolean;
  /** Aborted when the screens close. */
  readonly signal: AbortSignal;
  /** The folder files are saved to. */
  readonly folder: string;
  /** The command line of ZedOps, for `:`. Absent where nothing can run it. */
  readonly commandLines: CommandLines | undefined;
  /** What was run with `:`. */
  readonly runs: Runs;
  /** The manager's address as others reach it, where a setting says so. */
  readonly publicUrl: string | undefined;
  /** Looks at this machine, as `zedops doctor` does; absent where nothing can. */
  readonly examineHere: ExamineHere | undefined;
  /** The ways to a manager where none is known; absent where there is one. */
  readonly firstRun: FirstRun | undefined;
  /** Opens the screens of a manager that has just been found. */
  enter(client: ManagerClient): void;
  notify(notice: Pick<Notice, 'tone' | 'text'> & { readonly hint?: string | undefined }): void;
  open(overlay: Overlay): void;
  showPane(source: PaneSource): () => void;
  suspend(): void;
  redraw(): void;
  /** Ends the program; `next` is a command line to go on with in the shell's own screen. */
  quit(next?: readonly string[]): void;
}

/** Where components find the {@link Tui}. */
export const TuiContext = createContext<Tui | undefined>(undefined);

/** The size of the part of the screen that frames may use. */
export const SizeContext = createContext<{ readonly columns: number; readonly rows: number }>({
  columns: 80,
  rows: 23,
});

/** What every screen works with. */
export function useTui(): Tui {
  const tui = useContext(TuiContext);
  if (!tui) throw new Error('a component of the TUI is used outside of it');
  return tui;
}

/** Where forms are filled in. */
export function useDesk(): Desk {
  const { desk } = useTui();
  if (!desk) throw new Error('a form is shown where no manager is known');
  return desk;
}

/** The state of the fleet and the screens, as of this frame. */
export function useTuiState(): TuiState {
  const { store } = useTui();
  return useSyncExternalStore(store.subscribe, store.state);
}

/** The size of the screen in cells. */
export function useSize(): { readonly columns: number; readonly rows: number } {
  return useContext(SizeContext);
}

/** Milliseconds since 1970, told anew every `everyMs`, for ages that grow on the screen; only now where there are none. */
export function useNow(everyMs: number | undefined): number {
  const { clock } = useTui();
  const [now, setNow] = useState(clock.now());
  useEffect(
    () => (everyMs === undefined ? undefined : clock.every(everyMs, () => setNow(clock.now()))),
    [clock, everyMs],
  );
  return Math.max(now, clock.now());
}

/** Hears every key at a layer; `take` says whether it has used it. */
export function useKeys(layer: number, take: (name: string, text: string | undefined) => boolean): void {
  const { router } = useTui();
  const newest = useRef(take);
  newest.current = take;
  // Before the next key, which may already wait, is taken to anyone.
  useLayoutEffect(() => router.listen(layer, ({ name, text }) => newest.current(name, text)), [router, layer]);
}

/** Tells footers the keys of a line while it is typed into; nothing where there are none to tell. */
export function useTypingKeys(keys: readonly TypingKey[] | undefined): void {
  const { typing } = useTui();
  useLayoutEffect(() => (keys === undefined ? undefined : typing.begin(keys)), [typing, keys]);
}

/** Hears clicks at a layer, by the cell of the screen that was clicked, counted from 0; `take` says whether it has used it. */
export function useClicks(
  layer: number,
  take: (at: { readonly column: number; readonly row: number }) => boolean,
): void {
  const { router } = useTui();
  const newest = useRef(take);
  newest.current = take;
  useLayoutEffect(
    () => router.listen(layer, ({ name, at }) => name === 'click' && at !== undefined && newest.current(at)),
    [router, layer],
  );
}

/** Joins actions of the key table to what they do here. An action that is not named goes on to who is below. */
export function useActions(
  layer: number,
  places: readonly Place[],
  table: Readonly<Record<string, (() => void) | undefined>>,
): void {
  const { keymap } = useTui();
  useKeys(layer, (name) => {
    for (const place of places) {
      const action = keymap.find(name, [place]);
      const act = action === undefined ? undefined : table[action];
      if (!act) continue;
      act();
      return true;
    }
    return false;
  });
}
