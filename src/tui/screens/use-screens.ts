import { useEffect, useState } from 'react';
import { useTui, useTuiState } from '../context.ts';
import { firstScreens, loadMoreScreens } from './registry.ts';
import type { Screen } from './screen.ts';

/** Milliseconds for which the first screen has the machine to itself once it is whole. */
const restMs = 200;

/** The screen of a route; undefined while it is loaded, which is for a moment after the start at most. */
export function useScreen(id: string): Screen | undefined {
  const { clock, signal, notify } = useTui();
  const { isWhole } = useTuiState();
  const [screens, setScreens] = useState(firstScreens);
  const hasAll = screens !== firstScreens;
  const isMissing = !screens.some((screen) => screen.id === id);
  useEffect(() => {
    if (hasAll || !(isMissing || isWhole)) return undefined;
    const load = (): void => {
      loadMoreScreens().then(
        (more) => signal.aborted || setScreens([...firstScreens, ...more]),
        (error: unknown) => {
          notify({ tone: 'bad', text: error instanceof Error ? error.message : String(error) });
          // There are no more: keys are not to wait for them.
          setScreens([...firstScreens]);
        },
      );
    };
    if (!isMissing) return clock.after(restMs, load);
    load();
    return undefined;
  }, [hasAll, isMissing, isWhole, clock, signal, notify]);
  return screens.find((screen) => screen.id === id) ?? (hasAll ? screens[0] : undefined);
}
