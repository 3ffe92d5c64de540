import type { GameCommand } from './command.ts';

const look = { effect: 'read', permission: 'server:read' } as const;
const change = { effect: 'write', permission: 'server:console' } as const;

/** Commands about the server as a whole. */
export const serverCommands: readonly GameCommand[] = [
  {
    names: ['help'],
    args: [{ name: 'command', kind: 'command', isOptional: true }],
    help: 'Lists what the server itself knows, or explains one command',
    ...look,
  },
  { names: ['players'], args: [], help: 'Lists who is online', ...look, done: /^Players connected \(\d+\):/ },
  {
    names: ['save'],
    args: [],
    help: 'Begins to save the world; the log says when it is saved',
    effect: 'write',
    permission: 'server:control',
    done: /^World saved\.?$/,
  },
  {
    names: ['quit'],
    args: [],
    help: 'Saves the world and ends the game',
    effect: 'destroy',
    permission: 'server:control',
    done: /^Quit\.?$/,
  },
  {
    names: ['servermsg'],
    args: [{ name: 'text', kind: 'text' }],
    help: 'Shows a message to everyone who is online',
    ...change,
    done: /^Message sent\.?$/,
  },
  {
    names: ['changeoption'],
    args: [
      { name: 'option', kind: 'option' },
      { name: 'value', kind: 'value' },
    ],
    help: 'Changes an option of the running server and writes its ini',
    ...change,
    done: /^Option : .* is now : /,
  },
  {
    names: ['showoptions'],
    args: [],
    help: 'Lists the options of the running server, secret ones left out',
    ...look,
    done: /^List of Server Options:/,
  },
  { names: ['reloadoptions'], args: [], help: 'Reads the ini again', ...change, done: /^Options reloaded\.?$/ },
  {
    names: ['checkModsNeedUpdate'],
    args: [],
    help: 'Asks whether mods have updates; the log has the answer',
    ...change,
    done: /^Checking started/,
  },
  {
    names: ['reloadlua'],
    args: [{ name: 'file', kind: 'word' }],
    help: 'Reads a Lua file again',
    ...change,
    done: /^Lua file reloaded\.?$/,
  },
  {
    names: ['reloadalllua', 'reloadluaall'],
    build: '42',
    args: [],
    help: 'Reads every Lua file again',
    ...change,
    done: /^Lua files reloaded\.?$/,
  },
  {
    names: ['log'],
    args: [
      { name: 'type', kind: 'word' },
      { name: 'level', kind: 'word' },
    ],
    help: 'Sets how much of a type is logged',
    ...change,
    done: /^Server ".*" log level is ".*"$/,
  },
  {
    names: ['stats'],
    build: '41',
    args: [
      { name: 'where', kind: 'choice', choices: ['none', 'file', 'console', 'all'] },
      { name: 'period', kind: 'number', isOptional: true, least: 1 },
    ],
    help: 'Says where the server writes its statistics',
    ...change,
  },
  {
    names: ['stats'],
    build: '42',
    args: [
      { name: 'what', kind: 'word' },
      { name: 'counter', kind: 'word', isOptional: true },
    ],
    help: 'Shows statistics of the server: list, version, or one counter',
    effect: 'read',
    permission: 'server:console',
  },
  { names: ['clear'], args: [], help: 'Clears the server’s own console', ...change, isHidden: true },
];
