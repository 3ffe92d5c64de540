import { quoteArgument } from '../rcon/rcon-quoting.ts';
import { commandsOf, findCommand } from './catalogue.ts';
import type { Argument, Build } from './command.ts';

/** What is there to choose from on one server. */
export interface CompletionWords {
  /** Names of who is online. */
  readonly players?: readonly string[];
  /** Such as `Base.Axe`. */
  readonly items?: readonly string[];
  /** Keys of the server's options. */
  readonly options?: readonly string[];
  /** Further commands, as the server's own help has them. */
  readonly commands?: readonly string[];
}

/** What could stand in place of the line's text from `from` to the cursor, ready to be put in. */
export interface Completion {
  readonly from: number;
  readonly candidates: readonly string[];
}

/** So many candidates are given. */
const mostCandidates = 200;

/** Says what the word at the cursor could become. Counts in UTF-16 units, as editors of lines do. */
export function completeCommand(
  build: Build | undefined,
  line: string,
  cursor: number,
  words: CompletionWords,
): Completion {
  const before = line.slice(0, cursor);
  const { from, earlier } = wordAt(before);
  const typed = before.slice(from).replaceAll('"', '').toLowerCase();
  const fitting = choicesAt(build, before, earlier, words)
    .filter((one) => one.toLowerCase().startsWith(typed))
    .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  return { from, candidates: [...new Set(fitting)].slice(0, mostCandidates).map(written) };
}

/** Says which of the words of a server the word at the cursor needs, if any. */
export function wantsAt(
  build: Build | undefined,
  line: string,
  cursor: number,
): 'players' | 'items' | 'options' | undefined {
  const before = line.slice(0, cursor);
  const { earlier } = wordAt(before);
  const probe = { players: ['players'], items: ['items'], options: ['options'] } as const;
  const offered = earlier.length === 0 ? [] : choicesAt(build, before, earlier, probe);
  return (['players', 'items', 'options'] as const).find((kind) => offered.includes(kind));
}

/** A word is quoted where it has to be. A name with a quote in it is never offered: the game cannot be told it. */
const written = (word: string): string => (/[\s"]/.test(word) || word === '' ? quoteArgument(word) : word);

/** Where the word at the end begins, and the words before it. A quote that is still open holds everything after it. */
function wordAt(before: string): { readonly from: number; readonly earlier: readonly string[] } {
  const words = [...before.matchAll(/"[^"]*"?|[^"\s]\S*/g)];
  const last = words.at(-1);
  const text = last?.[0] ?? '';
  const isOpen = last !== undefined && last.index + text.length === before.length && !/^".*"$/.test(text);
  const earlier = (isOpen ? words.slice(0, -1) : words).map(([word]) => word.replaceAll('"', ''));
  return { from: isOpen ? last.index : before.length, earlier };
}

function choicesAt(
  build: Build | undefined,
  before: string,
  earlier: readonly string[],
  words: CompletionWords,
): readonly string[] {
  if (earlier.length === 0) return namesOf(build, words);
  const command = findCommand(build, before);
  if (!command) return [];
  const typed = earlier.slice(1);
  const { args } = command;
  const previous = args.find(({ flag, kind }) => flag !== undefined && flag === typed.at(-1) && kind !== 'flag');
  if (previous) return choicesOf(build, previous, words);
  const flags = args.flatMap(({ flag }) => (flag === undefined || typed.includes(flag) ? [] : [flag]));
  const plain = typed.filter((word, at) => !isFlagged(args, word, typed[at - 1]));
  const here = args.filter(({ flag }) => flag === undefined)[plain.length];
  return here === undefined ? flags : [...choicesOf(build, here, words), ...(here.isOptional ? flags : [])];
}

/** Whether a word is one of the flags, or the value of one. */
function isFlagged(args: readonly Argument[], word: string, before: string | undefined): boolean {
  return args.some(({ flag, kind }) => flag !== undefined && (flag === word || (flag === before && kind !== 'flag')));
}

function choicesOf(
  build: Build | undefined,
  { kind, choices = [] }: Argument,
  words: CompletionWords,
): readonly string[] {
  switch (kind) {
    case 'player':
    case 'player-or-place':
      return (words.players ?? []).filter((name) => !name.includes('"'));
    case 'item':
      return words.items ?? [];
    case 'option':
      return words.options ?? [];
    case 'command':
      return namesOf(build, words);
    default:
      return choices;
  }
}

function namesOf(build: Build | undefined, { commands = [] }: CompletionWords): readonly string[] {
  const known = commandsOf(build).filter(({ isHidden }) => !isHidden);
  const names = known.map(({ names: [name] }) => name);
  const said = known.flatMap((one) => one.names.map((name) => name.toLowerCase()));
  return [...names, ...commands.filter((name) => !said.includes(name.toLowerCase()))];
}
