import type { SettingChange } from '../../protocol/entities/setting-change.ts';
import { pairs } from './format.ts';

/** Changed settings under one another: `memory  4096 MiB → 6144 MiB`. */
export function changesText(changes: readonly SettingChange[]): string {
  return pairs(changes.map((change) => [change.setting, fromTo(change)] as const));
}

/** What waits for a restart, in a few words for one line: the first change and how many more there are. */
export function waitingNote(changes: readonly SettingChange[] | undefined): string {
  const [first, ...others] = changes ?? [];
  if (!first) return 'changes pending';
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `${first.setting} ${fromTo(first)}${more} waits for a restart`;
}

function fromTo({ before, after }: SettingChange): string {
  return `${before ?? 'not set'} → ${after ?? 'not set'}`;
}
