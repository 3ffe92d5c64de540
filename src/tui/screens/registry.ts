import type { ReactElement } from 'react';
import { Audit } from './Audit.tsx';
import { Doctor } from './Doctor.tsx';
import { Fleet } from './Fleet.tsx';
import { FleetPlayers } from './FleetPlayers.tsx';
import { Create } from './forms/Create.tsx';
import { Edit } from './forms/Edit.tsx';
import { Help } from './Help.tsx';
import { Hosts } from './Hosts.tsx';
import { Jobs } from './Jobs.tsx';
import { People } from './People.tsx';
import { Server } from './server/Server.tsx';
import { Tokens } from './Tokens.tsx';
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
  { id: 'hosts', Component: Hosts },
  { id: 'people', Component: People },
  { id: 'tokens', Component: Tokens },
  { id: 'audit', Component: Audit },
  { id: 'doctor', Component: Doctor },
  { id: 'players', Component: FleetPlayers },
  { id: 'create', Component: Create },
  { id: 'edit', Component: Edit },
  { id: 'jobs', Component: Jobs },
  { id: 'help', Component: Help },
  { id: 'welcome', Component: Welcome },
];
