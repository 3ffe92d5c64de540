import { useEffect, useState } from 'react';
import { useTuiState } from '../../context.ts';
import { toldError } from '../../told-error.ts';

/** What was answered last. What is known stays while it is asked for anew, and when that fails. */
export interface Answer<Value> {
  readonly value?: Value;
  readonly problem?: string;
  readonly isAsking: boolean;
  /** Asks anew. */
  again(): void;
}

/**
 * Asks when the screen opens, whenever `key` changes, and when the manager comes back after an absence. Without `ask`
 * nothing is asked.
 */
export function useAnswer<Value>(
  ask: ((signal: AbortSignal) => Promise<Value>) | undefined,
  key: string,
): Answer<Value> {
  const { link } = useTuiState();
  const [round, setRound] = useState(0);
  const [known, setKnown] = useState<Pick<Answer<Value>, 'value' | 'problem' | 'isAsking'>>({ isAsking: true });
  const isAway = link.state === 'lost';
  const may = ask !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says what `ask` asks for, which is made anew with each frame
  useEffect(() => {
    if (!ask || isAway) return;
    const ending = new AbortController();
    setKnown(({ problem: _, ...before }) => ({ ...before, isAsking: true }));
    ask(ending.signal).then(
      (value) => {
        if (!ending.signal.aborted) setKnown({ value, isAsking: false });
      },
      (error: unknown) => {
        if (ending.signal.aborted) return;
        const { why, hint } = toldError(error);
        setKnown((before) => ({
          ...before,
          problem: hint === undefined ? why : `${why} · ${hint}`,
          isAsking: false,
        }));
      },
    );
    return () => ending.abort();
  }, [key, round, isAway, may]);
  return { ...known, again: () => setRound((before) => before + 1) };
}
