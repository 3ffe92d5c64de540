import type { ReactElement } from 'react';
import { Fleet } from './Fleet.tsx';
import { FleetPlayers } from './FleetPlayers.tsx';
import { Create } from './forms/Create.tsx';
import { Edit } from './forms/Edit.tsx';
import { Help } from './Help.tsx';
import { Jobs } from './Jobs.tsx';
import { Server } from './server/Server.tsx';
import { Welcome } from './Welcome.tsx';

/** A screen: what a route names. It fills `rows` rows. */
export interface Screen {
  readonly id: string;
  readonly Component: (props: { readonly rows: number }) => ReactElement;
}

/** Every screen there is. */
export const screens: readonly Screen[] = [
  { id: 'fleet', Component: Fleet },
  { id: 'server', Component: Server },
  { id: 'players', Component: FleetPlayers },
  { id: 'create', Component: Create },
  { id: 'edit', Component: Edit },
  { id: 'jobs', Component: Jobs },
  { id: 'help', Component: Help },
  { id: 'welcome', Component: Welcome },
];
