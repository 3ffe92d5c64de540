import { Audit } from './Audit.tsx';
import { Doctor } from './Doctor.tsx';
import { FleetPlayers } from './FleetPlayers.tsx';
import { Create } from './forms/Create.tsx';
import { Edit } from './forms/Edit.tsx';
import { Help } from './Help.tsx';
import { Hosts } from './Hosts.tsx';
import { Jobs } from './Jobs.tsx';
import { People } from './People.tsx';
import type { Screen } from './screen.ts';
import { Server } from './server/Server.tsx';
import { Tokens } from './Tokens.tsx';

/** Every screen but those that one may begin on. */
export const moreScreens: readonly Screen[] = [
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
];
