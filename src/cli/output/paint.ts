/** Colours for words that a glance should find; each leaves the text alone where there are no colours. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

const same = (text: string): string => text;

/** Makes the colours of one run. The library is loaded only where there are any. */
export async function createPaint(hasColor: boolean): Promise<Paint> {
  if (!hasColor) return { good: same, bad: same, warn: same, dim: same, bold: same };
  const { default: kleur } = await import('kleur');
  kleur.enabled = true;
  return {
    good: (text) => kleur.green(text),
    bad: (text) => kleur.red(text),
    warn: (text) => kleur.yellow(text),
    dim: (text) => kleur.dim(text),
    bold: (text) => kleur.bold(text),
  };
}

/** The colour of a server's state. */
export function paintState(paint: Paint, state: string): (text: string) => string {
  if (state === 'ready' || state === 'online' || state === 'done') return paint.good;
  if (['crashed', 'failed', 'lost', 'missing', 'revoked'].includes(state)) return paint.bad;
  if (['stopped', 'deleted', 'unknown', 'offline', 'invited', 'cancelled'].includes(state)) return paint.dim;
  return paint.warn;
}
