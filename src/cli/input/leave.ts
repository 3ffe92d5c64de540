import * as z from 'zod';
import type { StopReport } from '../../protocol/entities/server.ts';
import type { Farewell } from '../../protocol/entities/stop-wish.ts';
import { counted, duration } from '../output/format.ts';

/** Options of a stop that thinks of its players. */
export const leaveShape = {
  warn: z.string().max(200).optional().describe('tell players in the game this long before, such as 15m,5m,1m,10s'),
  whenEmpty: z.boolean().default(false).describe('wait until nobody is online'),
  maxWait: z.string().max(20).optional().describe('with --when-empty, wait no longer than this, such as 3h'),
  reason: z.string().min(1).max(200).optional().describe('shown to players with every message'),
};

/** How they are shown. */
export const leaveFlags = {
  warn: { placeholder: 'times' },
  maxWait: { placeholder: 'time' },
  reason: { placeholder: 'text' },
};

/** Explains them in a command's help. */
export const leaveDetails = [
  'With --warn players read a countdown in the game; with nobody online there is none. With --when-empty it waits for the last player to leave; when --max-wait is over, it goes on after a last warning. Until the save begins it can be taken back with zedops job cancel, and players are told.',
];

/** How a stop went, as one sentence without a full stop. */
export function stopSentence(server: string, report: StopReport): string {
  const { saved, ended, farewell } = report;
  if (saved === 'was-stopped' || ended === 'was-stopped') {
    return farewell === undefined ? `${server} was stopped already` : `${server} had ended before it was stopped`;
  }
  const parts = [farewell && farewellText(farewell), saves[saved](report.saveSeconds), endText(report)];
  return `${server} stopped: ${parts.filter(Boolean).join(', ')}`;
}

const saves: Readonly<Record<Exclude<StopReport['saved'], 'was-stopped'>, (seconds: number | undefined) => string>> = {
  confirmed: (seconds) => (seconds === undefined ? 'saved (confirmed)' : `saved in ${duration(seconds)} (confirmed)`),
  answered: () => 'the game took the save command (its build does not confirm saves)',
  no: () => 'the save was NOT confirmed',
  'not-asked': () => 'it could not be asked to save, because RCON was not reached',
};

function endText({ ended, quitSeconds, seconds }: StopReport): string {
  if (ended === 'signal') return `a signal had to end it, after ${duration(seconds)} in all`;
  if (ended === 'kill') return `it had to be killed, after ${duration(seconds)} in all`;
  return quitSeconds === undefined ? `in ${duration(seconds)} in all` : `quit in ${duration(quitSeconds)}`;
}

function farewellText({ ended, waitedSeconds, players, warned, unheard }: Farewell): string {
  const waited = waitedSeconds < 1 ? '' : ` after ${duration(waitedSeconds)}`;
  if (ended === 'empty') return `nobody was online${waited}`;
  const parts: string[] = [];
  if (warned) {
    const who = warned.players === undefined ? 'players' : counted(warned.players, 'player');
    parts.push(warned.seconds === 0 ? `told ${who}` : `warned ${who} ${duration(warned.seconds)} before`);
  }
  if (unheard !== undefined) parts.push(`${warned ? 'not every message' : 'no message'} reached players (${unheard})`);
  if (warned && players !== undefined && players > 0 && players !== warned.players) {
    parts.push(`${players} still online at the end`);
  }
  return parts.join(', ');
}
