import { type Command, type CommandGame, commandsOf, findCommand, isSecretOption, operator } from './command.ts';

/** What `save` answers, before the save has begun. */
export const saveAnswer = 'World saved';

/** Commands about the server as a whole. `all` gives every command there is, for `help`. */
export function serverCommands(all: () => readonly Command[]): readonly Command[] {
  return [
    {
      names: ['help'],
      help: 'Lists the commands, or explains one: help [command]',
      run([name, ...more], { dialect }) {
        const commands = commandsOf(all(), dialect.build);
        if (name === undefined) {
          return ['List of server commands : ', ...commands.map(({ names, help }) => `* ${names[0]} : ${help}`)].join(
            '\n',
          );
        }
        return more.length === 0 ? (findCommand(commands, name)?.help ?? `Unknown command /${name}`) : undefined;
      },
    },
    {
      names: ['save'],
      help: 'Saves the world: save',
      run(words, game) {
        if (words.length > 0) return undefined;
        game.save();
        return saveAnswer;
      },
    },
    {
      names: ['quit'],
      help: 'Saves the world and ends the server: quit',
      run(words, game) {
        if (words.length > 0) return undefined;
        game.logs.write('admin', `${operator} closed server`);
        game.quit();
        return 'Quit';
      },
    },
    {
      names: ['servermsg'],
      help: 'Shows a message to all players: servermsg "text"',
      run([text, ...more], { logs }) {
        if (text === undefined || more.length > 0) return undefined;
        logs.write('chat', `Server alert message: '${text.replace(/[\r\n]+/g, ' ')}' sent`, 'info');
        return 'Message sent.';
      },
    },
    {
      names: ['showoptions'],
      help: 'Lists the options of the server: showoptions',
      run(words, { options }) {
        if (words.length > 0) return undefined;
        const shown = options.all().filter(([key]) => !/^(Password|RCON|Discord)/.test(key) && !isSecretOption(key));
        return ['List of Server Options:', ...shown.map(([key, value]) => `* ${key}=${value}`)].join('\n');
      },
    },
    {
      names: ['changeoption'],
      help: 'Changes an option of the server and writes the ini: changeoption Key "value"',
      run([key, value, ...more], { options, logs, console }) {
        if (key === undefined || value === undefined || more.length > 0) return undefined;
        const option = options.find(key);
        if (option === undefined) return `Option ${key} doesn't exist.`;
        const shown = (text: string): string => (isSecretOption(option.key) ? '***' : text);
        if (!options.set(option, value)) {
          console.log('General', `setValue() "${option.key}" string="${shown(value)}"`, 'ERROR');
        }
        options.write();
        const now = shown(options.get(option.key));
        logs.write('admin', `${operator} changed option ${option.key}=${now}`);
        return `Option : ${option.key} is now : ${now}`;
      },
    },
    {
      names: ['reloadoptions'],
      help: 'Reads the ini again: reloadoptions',
      run(words, { options, logs, console }) {
        if (words.length > 0) return undefined;
        for (const complaint of options.reload()) console.log('General', complaint, 'ERROR');
        options.write();
        logs.write('admin', `${operator} reloaded options`);
        return 'Options reloaded';
      },
    },
    {
      names: ['checkModsNeedUpdate'],
      help: 'Asks whether mods have updates; the log says it: checkModsNeedUpdate',
      run(words, game) {
        if (words.length > 0) return undefined;
        sayModsAreCurrent(game);
        return 'Checking started. The answer will be written in the log file and in the chat';
      },
    },
    {
      names: ['reloadlua'],
      help: 'Reads a Lua file again: reloadlua "name"',
      run: ([file, ...more]) => (file === undefined || more.length > 0 ? undefined : 'Unknown Lua file'),
    },
    {
      names: ['log'],
      help: 'Sets how much of a type is logged: log "type" "level"',
      run: ([type, level, ...more]) =>
        type === undefined || level === undefined || more.length > 0
          ? undefined
          : `Server "${type}" log level is "${level}"`,
    },
    { names: ['clear'], help: 'Clears the console: clear', run: (words) => (words.length > 0 ? undefined : '') },
  ];
}

function sayModsAreCurrent({ console, dialect }: CommandGame): void {
  const category = dialect.build === 41 ? 'General' : 'Mod';
  console.log(category, 'CheckModsNeedUpdate: Checking...');
  console.log(category, 'CheckModsNeedUpdate: Mods updated');
}
