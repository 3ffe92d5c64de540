/** Says whether a text holds any of the literals it was made of. */
export type LiteralFinder = (text: string) => boolean;

const pair = 2;
const slots = 4096;

/**
 * Makes a finder for some literals of at least two characters each. It looks at a few pairs of characters of a text only,
 * since most pairs tell how far ahead the next literal can end at the earliest (Wu and Manber's way with many literals),
 * which makes it many times faster than a regular expression of alternatives.
 * @throws RangeError for a literal that is too short.
 */
export function createLiteralFinder(literals: readonly string[]): LiteralFinder {
  const length = Math.min(...literals.map((literal) => literal.length));
  if (!Number.isFinite(length) || length < pair) throw new RangeError('a literal has at least two characters');
  const farthest = Math.min(255, length - pair + 1);
  const steps = new Uint8Array(slots).fill(farthest);
  const ends = new Map<number, string[]>();
  for (const literal of literals) {
    for (let at = 0; at + pair <= length; at += 1) {
      const slot = slotOf(literal, at);
      const step = length - pair - at;
      steps[slot] = Math.min(steps[slot] ?? farthest, step);
      if (step === 0) ends.set(slot, [...(ends.get(slot) ?? []), literal]);
    }
  }
  return (text) => {
    const last = text.length - pair;
    for (let at = length - pair; at <= last; ) {
      const slot = slotOf(text, at);
      const step = steps[slot] ?? farthest;
      if (step > 0) {
        at += step;
        continue;
      }
      const from = at - (length - pair);
      if (ends.get(slot)?.some((literal) => text.startsWith(literal, from))) return true;
      at += 1;
    }
    return false;
  };
}

function slotOf(text: string, at: number): number {
  return (text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) & (slots - 1);
}
