import { didYouMean } from '../../platform/did-you-mean.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { isKeyName, namedKeys } from '../terminal/key-reader.ts';

/** Where a key means something: everywhere, or on some screen or part of one. */
export type Place =
  | 'everywhere'
  | 'list'
  | 'rows'
  | 'hosts'
  | 'people'
  | 'tokens'
  | 'audit'
  | 'fleet'
  | 'server'
  | 'log'
  | 'console'
  | 'players'
  | 'form'
  | 'decide'
  | 'later'
  | 'jobs'
  | 'dialog';

/** What a key does, as a person is told. Help page, footer and what is pressed are all made from {@link keymap}. */
export interface KeyBinding {
  /** Name in settings: `server.stop`. */
  readonly action: string;
  readonly keys: readonly string[];
  readonly label: string;
  readonly place: Place;
  /** Shown in the footer, in this order; absent: only on the help page. */
  readonly footer?: number;
  /** Changes something: not there with `--read-only`. */
  readonly changes?: true;
}

/** Every key there is. */
export const keymap: readonly KeyBinding[] = [
  { action: 'help', keys: ['?', 'f1'], label: 'help', place: 'everywhere', footer: 90 },
  { action: 'quit', keys: ['q', 'ctrl+c'], label: 'quit', place: 'everywhere', footer: 95 },
  { action: 'back', keys: ['escape', 'left', 'h'], label: 'back', place: 'everywhere' },
  { action: 'suspend', keys: ['ctrl+z'], label: 'to the shell, back with fg', place: 'everywhere' },
  { action: 'redraw', keys: ['ctrl+l'], label: 'draw anew', place: 'everywhere' },
  { action: 'palette', keys: [':'], label: 'command line', place: 'everywhere', footer: 80 },
  { action: 'commands', keys: ['c'], label: 'equal commands', place: 'everywhere', footer: 70 },
  { action: 'hosts', keys: ['H'], label: 'hosts', place: 'everywhere' },
  { action: 'people', keys: ['U'], label: 'people', place: 'everywhere' },
  { action: 'tokens', keys: ['T'], label: 'API tokens', place: 'everywhere' },
  { action: 'audit', keys: ['A'], label: 'audit', place: 'everywhere' },
  { action: 'doctor', keys: ['D'], label: 'doctor', place: 'everywhere' },
  { action: 'jobs', keys: ['J'], label: 'jobs', place: 'everywhere' },
  { action: 'down', keys: ['j', 'down', 'wheel-down'], label: 'down', place: 'list' },
  { action: 'up', keys: ['k', 'up', 'wheel-up'], label: 'up', place: 'list' },
  { action: 'page-down', keys: ['page-down', 'ctrl+f', 'ctrl+d'], label: 'page down', place: 'list' },
  { action: 'page-up', keys: ['page-up', 'ctrl+b', 'ctrl+u'], label: 'page up', place: 'list' },
  { action: 'first', keys: ['g', 'home'], label: 'first', place: 'list' },
  { action: 'last', keys: ['G', 'end'], label: 'last', place: 'list' },
  { action: 'rows.filter', keys: ['/'], label: 'filter', place: 'rows', footer: 60 },
  { action: 'rows.again', keys: ['r'], label: 'ask anew', place: 'rows' },
  { action: 'host.invite', keys: ['i'], label: 'invite', place: 'hosts', footer: 10, changes: true },
  { action: 'host.doctor', keys: ['d'], label: 'doctor', place: 'hosts', footer: 20 },
  { action: 'host.ping', keys: ['p'], label: 'ping', place: 'hosts', footer: 30 },
  { action: 'host.revoke', keys: ['x'], label: 'revoke', place: 'hosts', footer: 40, changes: true },
  { action: 'host.remove', keys: ['X'], label: 'remove', place: 'hosts', footer: 41, changes: true },
  { action: 'user.add', keys: ['a'], label: 'add', place: 'people', footer: 10, changes: true },
  { action: 'user.edit', keys: ['e'], label: 'role', place: 'people', footer: 15, changes: true },
  { action: 'user.remove', keys: ['x'], label: 'remove', place: 'people', footer: 20, changes: true },
  { action: 'token.create', keys: ['a'], label: 'create', place: 'tokens', footer: 10, changes: true },
  { action: 'token.revoke', keys: ['x'], label: 'revoke', place: 'tokens', footer: 20, changes: true },
  { action: 'audit.by', keys: ['w'], label: 'who, what, since', place: 'audit', footer: 10 },
  { action: 'audit.more', keys: ['m'], label: 'more rows', place: 'audit', footer: 20 },
  { action: 'open', keys: ['enter', 'right', 'l'], label: 'open', place: 'fleet', footer: 10 },
  { action: 'logs', keys: ['L'], label: 'logs', place: 'fleet', footer: 20 },
  { action: 'filter', keys: ['/'], label: 'filter', place: 'fleet', footer: 30 },
  { action: 'players', keys: ['p'], label: 'players', place: 'fleet', footer: 25 },
  { action: 'sort', keys: ['o'], label: 'sort', place: 'fleet', footer: 60 },
  { action: 'server.create', keys: ['n'], label: 'new server', place: 'fleet', footer: 45, changes: true },
  { action: 'server.start', keys: ['s'], label: 'start', place: 'server', footer: 40, changes: true },
  { action: 'server.stop', keys: ['S'], label: 'stop', place: 'server', footer: 41, changes: true },
  { action: 'server.restart', keys: ['R'], label: 'restart', place: 'server', footer: 42, changes: true },
  { action: 'server.kill', keys: ['K'], label: 'kill', place: 'server', changes: true },
  { action: 'server.edit', keys: ['e'], label: 'edit', place: 'server', footer: 43, changes: true },
  { action: 'next-tab', keys: ['tab'], label: 'next tab', place: 'server' },
  { action: 'previous-tab', keys: ['shift+tab'], label: 'previous tab', place: 'server' },
  { action: 'log.follow', keys: ['f', 'G', 'end'], label: 'follow', place: 'log', footer: 10 },
  { action: 'log.search', keys: ['/'], label: 'search', place: 'log', footer: 20 },
  { action: 'log.next', keys: ['n'], label: 'next hit', place: 'log' },
  { action: 'log.previous', keys: ['N'], label: 'hit before', place: 'log' },
  { action: 'log.level', keys: ['v'], label: 'level', place: 'log', footer: 30 },
  { action: 'log.category', keys: ['C'], label: 'category', place: 'log', footer: 31 },
  { action: 'log.category-before', keys: ['alt+c'], label: 'category before', place: 'log' },
  { action: 'log.player', keys: ['p'], label: 'player', place: 'log', footer: 32 },
  { action: 'log.wrap', keys: ['w'], label: 'wrap', place: 'log', footer: 35 },
  { action: 'log.times', keys: ['t'], label: 'times', place: 'log' },
  { action: 'log.save', keys: ['ctrl+s'], label: 'save to a file', place: 'log', footer: 50 },
  { action: 'console.type', keys: ['i', 'enter'], label: 'type', place: 'console', footer: 10 },
  { action: 'player.kick', keys: ['x'], label: 'kick', place: 'players', footer: 10, changes: true },
  { action: 'player.ban', keys: ['b'], label: 'ban', place: 'players', footer: 11, changes: true },
  { action: 'player.unban', keys: ['u'], label: 'unban', place: 'players', changes: true },
  { action: 'player.message', keys: ['m'], label: 'message', place: 'players', footer: 12, changes: true },
  { action: 'player.teleport', keys: ['t'], label: 'teleport', place: 'players', footer: 14, changes: true },
  { action: 'player.access', keys: ['a'], label: 'access', place: 'players', footer: 13, changes: true },
  { action: 'player.whitelist-add', keys: ['w'], label: 'whitelist', place: 'players', footer: 15, changes: true },
  { action: 'player.whitelist-remove', keys: ['W'], label: 'off whitelist', place: 'players', changes: true },
  { action: 'players.all', keys: ['A'], label: 'all ever seen', place: 'players', footer: 20 },
  { action: 'players.filter', keys: ['/'], label: 'filter', place: 'players', footer: 25 },
  { action: 'players.one', keys: ['enter'], label: 'what one did', place: 'players', footer: 30 },
  { action: 'form.edit', keys: ['enter'], label: 'type', place: 'form', footer: 10 },
  { action: 'form.next-choice', keys: ['right', 'space', 'l'], label: 'next choice', place: 'form' },
  { action: 'form.previous-choice', keys: ['left', 'h'], label: 'choice before', place: 'form' },
  { action: 'form.next-section', keys: ['tab'], label: 'next section', place: 'form' },
  { action: 'form.previous-section', keys: ['shift+tab'], label: 'section before', place: 'form' },
  { action: 'form.find', keys: ['/'], label: 'find a field', place: 'form', footer: 35 },
  { action: 'form.clear', keys: ['x', 'delete'], label: 'clear', place: 'form', footer: 40 },
  { action: 'form.reveal', keys: ['r'], label: 'show or hide a secret', place: 'form' },
  { action: 'form.ports', keys: ['p'], label: 'free ports', place: 'form', footer: 30 },
  { action: 'form.load', keys: ['ctrl+o'], label: 'load', place: 'form', footer: 50 },
  { action: 'form.save', keys: ['ctrl+s'], label: 'save', place: 'form', footer: 51 },
  { action: 'form.apply', keys: ['a'], label: 'check and go on', place: 'form', footer: 20, changes: true },
  { action: 'decide.yes', keys: ['y'], label: 'do it', place: 'decide', footer: 10, changes: true },
  { action: 'decide.later', keys: ['l'], label: 'at its next start', place: 'later', footer: 20, changes: true },
  { action: 'decide.no', keys: ['n', 'escape'], label: 'back', place: 'decide', footer: 30 },
  { action: 'job.watch', keys: ['enter', 'right', 'l'], label: 'all of it', place: 'jobs', footer: 10 },
  { action: 'job.cancel', keys: ['x'], label: 'cancel', place: 'jobs', footer: 20, changes: true },
  { action: 'confirm', keys: ['y', 'enter'], label: 'yes', place: 'dialog', footer: 10 },
  { action: 'keep', keys: ['k'], label: 'leave it running', place: 'dialog' },
  { action: 'refuse', keys: ['n', 'escape', 'q', 'ctrl+c'], label: 'no', place: 'dialog', footer: 20 },
];

/**
 * Reads a person's own keys: `server.stop=x, quit=Q ctrl+c`, actions by name, keys set apart by blanks. An action without
 * keys has none.
 * @throws ZedopsError INVALID_INPUT for an action or key there is none of, a key with two meanings, and where nothing would
 * lead out again.
 */
export function readKeys(text: string): ReadonlyMap<string, readonly string[]> {
  const own = new Map<string, readonly string[]>();
  const names = keymap.map(({ action }) => action);
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [word = '', keys] = entry.split(/=(.*)/s);
    const action = word.trim();
    if (!names.includes(action)) {
      throw wrongKeys(`"${action}" is no action${didYouMean(action, names)}`, `one of ${names.join(', ')}`);
    }
    if (keys === undefined) throw wrongKeys(`"${entry}" names no key`, `${action}=x, or ${action}= for none`);
    const wanted = keys.split(' ').filter(Boolean);
    const unknown = wanted.find((key) => !isKeyName(key));
    if (unknown !== undefined) {
      const near = didYouMean(unknown, namedKeys);
      throw wrongKeys(
        `${action}: "${unknown}" is no key${near}`,
        `a letter or sign, ctrl+x, alt+x, or ${namedKeys.join(', ')}`,
      );
    }
    own.set(action, wanted);
  }
  for (const needed of ['quit', 'refuse']) {
    if (own.get(needed)?.length === 0) throw wrongKeys(`${needed} needs a key`, `${needed}=ctrl+c`);
  }
  refuseDoubles(own);
  return own;
}

/** A key that a person gives to two actions of one place can mean only one of them. */
function refuseDoubles(own: ReadonlyMap<string, readonly string[]>): void {
  const taken = new Map<string, string>();
  for (const { action, place } of keymap) {
    for (const key of own.get(action) ?? []) {
      const other = taken.get(`${place} ${key}`);
      if (other !== undefined)
        throw wrongKeys(`"${key}" stands for both ${other} and ${action}`, 'give one another key');
      taken.set(`${place} ${key}`, action);
    }
  }
}

function wrongKeys(message: string, hint: string): ZedopsError {
  return new ZedopsError('INVALID_INPUT', `tui.keys: ${message}`, { hint });
}

/** Keys by what they do, with a person's own changes. */
export interface Keymap {
  readonly bindings: readonly KeyBinding[];
  /** What a key does at the first of these places at which it does something. */
  find(key: string, places: readonly Place[]): string | undefined;
  /** The key that stands for an action on the screen; empty where it has none. */
  keyFor(action: string): string;
}

/** Joins the table with a person's own keys, by action; with `isReadOnly` without what changes something. */
export function createKeymap(own: ReadonlyMap<string, readonly string[]>, isReadOnly: boolean): Keymap {
  const isTaken = (key: string, { place }: KeyBinding): boolean =>
    keymap.some(
      (other) =>
        (other.place === place || (other.place === 'everywhere' && place !== 'dialog')) &&
        own.get(other.action)?.includes(key) === true,
    );
  const bindings = keymap
    .filter(({ changes }) => !(isReadOnly && changes))
    .map((binding) => ({
      ...binding,
      // What a person has given to something else is not what it was any more.
      keys: own.get(binding.action) ?? binding.keys.filter((key) => !isTaken(key, binding)),
    }));
  return {
    bindings,
    find(key, places) {
      for (const place of places) {
        const found = bindings.find((binding) => binding.place === place && binding.keys.includes(key));
        if (found) return found.action;
      }
      return undefined;
    },
    keyFor: (action) => bindings.find((binding) => binding.action === action)?.keys[0] ?? '',
  };
}

const shownNames: Readonly<Record<string, string>> = {
  escape: 'Esc',
  enter: 'Enter',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  tab: 'Tab',
  'shift+tab': '⇧Tab',
  'page-up': 'PgUp',
  'page-down': 'PgDn',
  home: 'Home',
  end: 'End',
  space: 'Space',
  f1: 'F1',
  'wheel-up': 'wheel',
  'wheel-down': 'wheel',
};

/** A key as it is written on a screen: `Ctrl-s`, `Enter`, `?`. */
export function shownKey(name: string): string {
  return shownNames[name] ?? name.replace('ctrl+', 'Ctrl-').replace('alt+', 'Alt-');
}
