import { ZedopsError } from '../../protocol/errors.ts';
import { commandsOf, syntaxOf } from '../../zomboid/commands/catalogue.ts';
import { compareWithHelp } from '../../zomboid/commands/server-help.ts';
import type { Context } from '../grammar/command.ts';
import { type Cell, counted, table } from '../output/format.ts';
import { sendLine } from './send-line.ts';

/** Lists the commands of a server's build beside what the server's own help says it has. */
export async function showCommands(server: string, context: Context): Promise<undefined> {
  const manager = await context.manager();
  const sending = { server, name: server, line: 'help' };
  const { values, build, failure } = await sendLine(manager, sending, context.signal);
  if (failure) throw failure;
  if (!values || !('commands' in values)) {
    throw new ZedopsError('UNSUPPORTED', `${server} does not list its commands as the game does`, {
      hint: `zedops rcon ${server} help shows what it says`,
    });
  }
  const names = values.commands.map(({ name }) => name);
  const { missing, unknown } = compareWithHelp(build, names);
  const commands = commandsOf(build).map((one) => ({
    name: one.names[0],
    aliases: one.names.slice(1),
    syntax: syntaxOf(one),
    help: one.help,
    effect: one.effect,
    permission: one.permission,
    isHere: !missing.includes(one),
    isForPlayers: one.isForPlayers === true,
  }));
  context.talk.show({ server, ...(build === undefined ? {} : { build }), commands, unknown }, () => {
    const rows = commands.map(({ syntax, permission, isHere, isForPlayers, help }): Cell[] => [
      syntax,
      permission,
      isHere ? (isForPlayers ? 'in the game' : 'yes') : 'no',
      help,
    ]);
    const others = values.commands.filter(({ name }) => unknown.includes(name));
    const foreign = others.map(({ name, description }): Cell[] => [
      name,
      'server:console',
      'yes',
      description.slice(0, 100),
    ]);
    return table(['COMMAND', 'PERMISSION', 'HERE', 'WHAT IT DOES'], [...rows, ...foreign]);
  });
  if (missing.length + unknown.length > 0) {
    context.talk.note(
      `${counted(missing.length, 'command')} of the catalogue not on ${server}, ${unknown.length} of ${server} not in the catalogue`,
    );
  }
  return undefined;
}
