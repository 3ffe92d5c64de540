import { accountCommands } from './account-commands.ts';
import type { Command } from './command.ts';
import { playerCommands } from './player-commands.ts';
import { serverCommands } from './server-commands.ts';
import { worldCommands } from './world-commands.ts';

/** Every command of both builds, in the order in which `help` lists them. */
export function allCommands(): readonly Command[] {
  const commands: readonly Command[] = [
    ...serverCommands(() => commands),
    ...playerCommands,
    ...accountCommands,
    ...worldCommands,
  ];
  return commands;
}
