import type { SeenServer } from '../../store/state.ts';

/** What a tab is given: the server, and the rows it fills. */
export interface TabProps {
  readonly server: SeenServer;
  readonly rows: number;
}
