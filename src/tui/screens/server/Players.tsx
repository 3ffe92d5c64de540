import type { ReactElement } from 'react';
import { layers } from '../../keys/key-router.ts';
import { PlayersView } from '../../players/PlayersView.tsx';
import type { TabProps } from './tab-props.ts';

/** Who plays on a server, and what they did there. */
export function Players({ server, rows }: TabProps): ReactElement {
  return <PlayersView server={server} rows={rows} layer={layers.tab} />;
}
