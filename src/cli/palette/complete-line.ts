import { shellWord, shellWords } from '../../platform/terminal/shell-words.ts';
import type { Catalog, Command } from '../grammar/command.ts';
import type { Completes } from '../grammar/flag-override.ts';
import { argumentsOf, type Flag, globalFlags, optionsOf } from '../grammar/flags.ts';

/** So many candidates are given. */
const mostCandidates = 200;

/** Says what the word at the end of a command line could become; `names` asks the manager for names of things. */
export async function completeLine(
  catalog: Catalog,
  line: string,
  names: (thing: Completes) => Promise<readonly string[]>,
): Promise<{ readonly from: number; readonly candidates: readonly string[] }> {
  const { words, last } = shellWords(line);
  const before = last.from === line.length ? words : words.slice(0, -1);
  const typed = last.text;
  const offers = await offersAt(catalog, before[0] === 'zedops' ? before.slice(1) : before, typed, names);
  const fitting = [...new Set(offers)].filter((offer) => offer.startsWith(typed)).slice(0, mostCandidates);
  return { from: last.from, candidates: fitting.map(shellWord) };
}

async function offersAt(
  catalog: Catalog,
  before: readonly string[],
  typed: string,
  names: (thing: Completes) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const valued = new Set([...globalFlags, ...catalog.commands.flatMap(optionsOf)].flatMap(valuedNames));
  const plain = before.filter((word, at) => !word.startsWith('-') && !valued.has(before[at - 1] ?? ''));
  const found = commandAt(catalog, plain);
  const flags = [...(found ? optionsOf(found.command) : []), ...globalFlags].filter(({ isHidden }) => !isHidden);
  const previous = before.at(-1) ?? '';
  const flag = flags.find((one) => takesValue(one) && spelled(one).includes(previous));
  if (flag) return valuesOf(flag, names);
  if (typed.startsWith('-')) return flags.flatMap(spelled);
  if (!found) return wordsAfter(catalog, plain);
  const args = argumentsOf(found.command);
  const place = plain.length - found.count;
  const argument = args[place] ?? (args.at(-1)?.kind === 'list' ? args.at(-1) : undefined);
  const verbs = place === 0 ? wordsAfter(catalog, plain) : [];
  return [...verbs, ...(argument ? await valuesOf(argument, names) : [])];
}

/** The command that the words name, and how many of them do. */
function commandAt(
  { commands, shortForms }: Catalog,
  plain: readonly string[],
): { readonly command: Command; readonly count: number } | undefined {
  for (const count of [2, 1]) {
    if (plain.length < count) continue;
    const said = plain.slice(0, count).join(' ');
    const wanted = shortForms[said] ?? said;
    const command = commands.find(({ words }) => words === wanted);
    if (command) return { command, count };
  }
  return undefined;
}

function wordsAfter({ nouns, shortForms, commands }: Catalog, plain: readonly string[]): readonly string[] {
  const [noun] = plain;
  if (noun === undefined) {
    return [...nouns, ...Object.keys(shortForms).filter((form) => !form.includes(' ')), 'help'];
  }
  if (plain.length > 1) return [];
  return commands.flatMap(({ words }) => (words.startsWith(`${noun} `) ? [words.slice(noun.length + 1)] : []));
}

async function valuesOf(
  { choices, completes }: Flag,
  names: (thing: Completes) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (choices.length > 0) return choices;
  return completes === 'nothing' || completes === 'file' ? [] : names(completes);
}

const takesValue = ({ kind }: Flag): boolean => kind === 'value' || kind === 'list';

const spelled = ({ name, short }: Flag): readonly string[] => (short === undefined ? [name] : [name, `-${short}`]);

const valuedNames = (flag: Flag): readonly string[] => (takesValue(flag) ? spelled(flag) : []);
