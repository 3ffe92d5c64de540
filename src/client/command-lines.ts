/** What a line typed into another face comes to. */
export type ResolvedLine =
  | { readonly kind: 'run'; readonly words: readonly string[] }
  /** There is a screen that does it better. */
  | {
      readonly kind: 'screen';
      readonly screen: 'console' | 'logs' | 'players' | 'events' | 'fleet';
      /** Name or id of the server it is about. */
      readonly server?: string;
    }
  | { readonly kind: 'refused'; readonly why: string; readonly hint?: string };

/** How one command line is run inside another face. */
export interface LineRun {
  readonly signal: AbortSignal;
  /** Cells a row has. */
  readonly columns: number;
  /** Told what it prints, as it does: not safe for a terminal. */
  readonly write: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Asks the person; rejects where they leave the question. `isShown` is false for a password. */
  readonly ask: (question: string, isShown: boolean) => Promise<string>;
}

/** The command line as another face uses it: its own words, in this process, with what it prints caught. */
export interface CommandLines {
  /** Says what a line comes to before anything is done. */
  resolve(line: string): Promise<ResolvedLine>;
  /** Resolves with the exit code. */
  run(words: readonly string[], run: LineRun): Promise<number>;
  /** What the word at the cursor could become. */
  complete(line: string, cursor: number): Promise<{ readonly from: number; readonly candidates: readonly string[] }>;
}
