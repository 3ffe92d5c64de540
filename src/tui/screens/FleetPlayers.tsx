import { Box } from 'ink';
import type { ReactElement } from 'react';
import { Footer, Header } from '../components/Chrome.tsx';
import { layers } from '../keys/key-router.ts';
import { PlayersView } from '../players/PlayersView.tsx';

/** Who plays on any server of the fleet. */
export function FleetPlayers({ rows }: { readonly rows: number }): ReactElement {
  return (
    <Box flexDirection="column">
      <Header title={['Players']} />
      <PlayersView server={undefined} rows={rows - 2} layer={layers.screen} />
      <Footer places={['players', 'everywhere']} />
    </Box>
  );
}
