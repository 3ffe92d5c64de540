import type { ReactElement } from 'react';
import { Fleet } from './Fleet.tsx';
import { Welcome } from './Welcome.tsx';

/** A screen: what a route names. It fills `rows` rows. */
export interface Screen {
  readonly id: string;
  readonly Component: (props: { readonly rows: number }) => ReactElement;
}

/** The screens that one may begin on. */
export const firstScreens: readonly Screen[] = [
  { id: 'fleet', Component: Fleet },
  { id: 'welcome', Component: Welcome },
];

/** Loads all others, with what they ask managers and know of the game: nobody waits for that before the first one is there. */
export async function loadMoreScreens(): Promise<readonly Screen[]> {
  return (await import('./more-screens.ts')).moreScreens;
}
