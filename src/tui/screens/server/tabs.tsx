import type { ReactElement } from 'react';
import type { Place } from '../../keys/keymap.ts';
import { Config } from './Config.tsx';
import { Console } from './Console.tsx';
import { Events } from './Events.tsx';
import { ServerJobs } from './Jobs.tsx';
import { Logs } from './Logs.tsx';
import { Overview } from './Overview.tsx';
import { Players } from './Players.tsx';
import type { TabProps } from './tab-props.ts';

/** A part of the screen of a server. */
export interface Tab {
  readonly id: string;
  readonly title: string;
  /** Where its keys are in the key table, for the footer. */
  readonly places: readonly Place[];
  readonly Component: (props: TabProps) => ReactElement;
}

/** Every tab, in their order; the digits 1 to 9 lead to them. */
export const tabs: readonly Tab[] = [
  { id: 'overview', title: 'Overview', places: [], Component: Overview },
  { id: 'logs', title: 'Logs', places: ['log'], Component: Logs },
  { id: 'console', title: 'Console', places: ['console'], Component: Console },
  { id: 'players', title: 'Players', places: ['players'], Component: Players },
  { id: 'config', title: 'Config', places: [], Component: Config },
  { id: 'jobs', title: 'Jobs', places: ['jobs'], Component: ServerJobs },
  { id: 'events', title: 'Events', places: [], Component: Events },
];
