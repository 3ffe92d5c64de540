const answerMs = 10_000;
/** A large world takes long to write, and the game answers nothing meanwhile. */
const saveMs = 120_000;

/** For how many milliseconds the answer to a command is waited for where nobody says; undefined: to the sign-in alone. */
export function patienceMs(line: string | undefined): number {
  return line !== undefined && /^\s*save\b/i.test(line) ? saveMs : answerMs;
}
