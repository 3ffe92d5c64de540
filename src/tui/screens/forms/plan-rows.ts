import type { ServerPlan } from '../../../protocol/entities/plan.ts';
import { memoryLimitText } from '../../../protocol/limit-text.ts';
import type { Draft, Stage } from '../../forms/drafts.ts';
import { words } from '../../forms/form-rows.ts';
import type { Piece } from '../../pieces.ts';
import type { Tone } from '../../theme.ts';

const levels: Readonly<Record<ServerPlan['checks'][number]['level'], Tone>> = {
  ok: 'good',
  warn: 'warn',
  refuse: 'bad',
};

/** A plan for a new server: what would be made, then each check with what it found and what helps. */
export function planRows(plan: ServerPlan, width: number): readonly (readonly Piece[])[] {
  const { name, host, image, ports, limits, power, checks, isPossible } = plan;
  return [
    [[isPossible ? 'good' : 'bad', isPossible ? `Create ${name} on ${host}?` : `${name} cannot be created like this`]],
    [''],
    pair('image', `${image.reference} (template ${image.template}, pull ${image.pull})`),
    pair('ports', ports.map(({ name: use, port, protocol }) => `${use} ${port}/${protocol}`).join(', ')),
    ...(limits.memoryMb === undefined ? [] : [pair('memory', memoryLimitText(limits.memoryMb))]),
    ...(limits.cpus === undefined ? [] : [pair('cpus', String(limits.cpus))]),
    pair('then', power === 'on' ? 'it is started' : 'it stays off'),
    [''],
    ...checks.flatMap(({ level, name: what, text, hint }) => [
      ...words(text, width - 19).map((row, index): Piece[] =>
        index === 0 ? [[levels[level], level.padEnd(8)], ['dim', what.padEnd(10)], row] : [' '.repeat(18), row],
      ),
      ...(hint === undefined || level === 'ok'
        ? []
        : words(`→ ${hint}`, width - 19).map((row): Piece[] => [' '.repeat(18), ['dim', row]])),
    ]),
  ];
}

/** What an edit would change, what may go wrong, and when it takes effect. */
export function diffRows(
  { changes, risks, warnings, applies }: Stage & { readonly kind: 'diff' },
  { server }: Draft,
  width: number,
): readonly (readonly Piece[])[] {
  const name = server?.name ?? '';
  const widest = changes.reduce((most, { setting }) => Math.max(most, setting.length), 0);
  const label = Math.min(widest, Math.floor(width / 2)) + 2;
  return [
    [['strong', `Change ${name}?`]],
    [''],
    ...changes.map(({ setting, before, after }): Piece[] => [
      ['dim', setting.slice(0, label - 2).padEnd(label)],
      before ?? 'not set',
      ['dim', ' → '],
      ['accent', after ?? 'not set'],
    ]),
    [''],
    ...risks.flatMap((risk) => told('bad', `risk: ${risk}; no backup is made`, width)),
    ...warnings.flatMap((warning) => told('warn', `note: ${warning}`, width)),
    ...told('plain', how[applies].replace('NAME', name), width),
  ];
}

const how = {
  nothing: 'Its container stays as it is.',
  rebuild:
    'NAME runs, and needs a restart for it: y stops it gracefully and starts it anew now, l waits for its next start.',
  start: 'It takes effect at its next start or restart.',
  return: 'Its host is away and applies it when it is back.',
} as const;

function told(tone: Tone, text: string, width: number): readonly Piece[][] {
  return words(text, width).map((row) => [[tone, row]]);
}

function pair(name: string, value: string): Piece[] {
  return [['dim', name.padEnd(8)], value];
}
