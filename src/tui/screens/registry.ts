import { Fleet } from './Fleet.tsx';
import type { Screen } from './screen.ts';
import { Welcome } from './Welcome.tsx';

/** The screens that one may begin on. */
export const firstScreens: readonly Screen[] = [
  { id: 'fleet', Component: Fleet },
  { id: 'welcome', Component: Welcome },
];

/** Loads all others, with what they ask managers and know of the game: nobody waits for that before the first one is there. */
export async function loadMoreScreens(): Promise<readonly Screen[]> {
  return (await import('./more-screens.ts')).moreScreens;
}
