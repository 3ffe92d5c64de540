/** Options that every command takes. */
export interface Globals {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
  /** What `--yes=…` says yes to, such as a number of servers; absent with a plain `--yes`. */
  readonly yesTo: string | undefined;
  readonly color: boolean;
}
