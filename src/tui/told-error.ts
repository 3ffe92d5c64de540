import { ZedopsError } from '../protocol/errors.ts';

/** What an error says to a person, and the command that helps. */
export function toldError(error: unknown): { readonly why: string; readonly hint: string | undefined } {
  return {
    why: error instanceof Error ? error.message : String(error),
    hint: error instanceof ZedopsError ? error.hint : undefined,
  };
}
