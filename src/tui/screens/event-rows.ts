import type { FleetEvent } from '../../protocol/entities/event.ts';
import type { Piece } from '../pieces.ts';
import { timeOfDay } from '../spans.ts';
import type { Tone } from '../theme.ts';

const tones: Readonly<Record<string, Tone>> = {
  ready: 'good',
  crashed: 'bad',
  'gave-up': 'bad',
  'restart-failed': 'bad',
  'out-of-memory': 'bad',
  'container-removed': 'warn',
  'host-offline': 'bad',
  'host-online': 'good',
  'events-lost': 'warn',
};

/** One event as a row: when, of what, and what happened. */
export function eventRow({ at, kind, server, host, text }: FleetEvent): readonly Piece[] {
  return [
    ['dim', `${timeOfDay(at)} `],
    ['strong', `${server ?? host} `],
    [tones[kind] ?? 'plain', text],
  ];
}
