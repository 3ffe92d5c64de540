import { stripControls } from '../../platform/terminal/terminal-text.ts';
import { PlayerName } from '../../protocol/entities/player.ts';

/** A name without what a terminal would obey, as the protocol has it; undefined where nothing is left of it. */
export function cleanName(name: string): string | undefined {
  return PlayerName.safeParse(shownText(name).slice(0, 128)).data;
}

/** A text from outside as it may be shown, in one line. */
export function shownText(text: string): string {
  return stripControls(text).replaceAll('\t', ' ');
}
