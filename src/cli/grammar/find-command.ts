import { didYouMean } from '../../platform/did-you-mean.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { nouns, shortForms } from './catalog.ts';
import type { Command } from './command.ts';
import { globalFlags } from './flags.ts';

/** What the first words of a command line came to. */
export type Found =
  | { readonly command: Command; readonly rest: readonly string[] }
  /** No command, but a place in the help: everything, or one noun. */
  | { readonly help: string };

const withValue = new Set(globalFlags.filter(({ kind }) => kind !== 'switch').map(({ name }) => name));

/**
 * Finds the command that is meant and the tokens that are left for its parser. Options of every command may stand before
 * the words, between them and after them.
 * @throws ZedopsError INVALID_INPUT for words that are no command, with the nearest one that is.
 */
export async function findCommand(argv: readonly string[]): Promise<Found> {
  const first = nextWord(argv, 0);
  const word = argv[first];
  if (word === undefined) return { help: '' };
  if (word === 'help')
    return {
      help: argv
        .slice(first + 1)
        .filter((token) => !token.startsWith('-'))
        .join(' '),
    };
  const without = argv.toSpliced(first, 1);
  const next = nextWord(without, first);
  const longer = shortForms[`${word} ${without[next] ?? ''}`];
  if (longer !== undefined) return { command: await load(longer), rest: without.toSpliced(next, 1) };
  const full = shortForms[word];
  if (full !== undefined) return { command: await load(full), rest: without };
  const noun = nouns.find((candidate) => candidate.noun === word);
  if (!noun) {
    const known = [...nouns.filter(({ isHidden }) => !isHidden).map((candidate) => candidate.noun), 'help'];
    throw unknown(word, `zedops ${word}`, [...known, ...Object.keys(shortForms)], 'zedops --help');
  }
  const commands = noun.verbs ? [] : await noun.load();
  const alone = commands.find(({ words }) => words === word);
  if (alone) return { command: alone, rest: without };
  const second = nextWord(without, first);
  const verb = without[second];
  const verbs = noun.verbs ? Object.keys(noun.verbs) : verbsAmong(commands, word);
  if (verb === undefined || (noun.verb !== undefined && isHelp(without))) {
    if (noun.verb === undefined || isHelp(without)) return { help: word };
    return { command: await load(`${word} ${noun.verb}`), rest: without };
  }
  if (!verbs.includes(verb)) throw unknown(verb, `zedops ${word} ${verb}`, verbs, `zedops ${word} --help`);
  return { command: await load(`${word} ${verb}`), rest: without.toSpliced(second, 1) };
}

function verbsAmong(commands: readonly Command[], noun: string): readonly string[] {
  return commands.flatMap(({ words }) => (words.startsWith(`${noun} `) ? [words.slice(noun.length + 1)] : []));
}

/** Loads a command by its words. */
export async function load(words: string): Promise<Command> {
  const [word, ...verb] = words.split(' ');
  const noun = nouns.find((candidate) => candidate.noun === word);
  const ofVerb = noun?.verbs?.[verb.join(' ')];
  const found = ofVerb ? await ofVerb() : (await noun?.load())?.find((command) => command.words === words);
  if (!found) throw new ZedopsError('INTERNAL', `There is no command "${words}" behind its name`);
  return found;
}

/** Where the next token is that is no option and no option's value; the length where there is none. */
function nextWord(argv: readonly string[], from: number): number {
  let at = from;
  while (at < argv.length) {
    const token = argv[at] ?? '';
    if (token === '--') return argv.length;
    if (!token.startsWith('-') || token === '-') return at;
    at += withValue.has(token) ? 2 : 1;
  }
  return argv.length;
}

function isHelp(argv: readonly string[]): boolean {
  return nextWord(argv, 0) === argv.length && (argv.includes('--help') || argv.includes('-h'));
}

function unknown(word: string, whole: string, known: readonly string[], hint: string): ZedopsError {
  return new ZedopsError('INVALID_INPUT', `"${whole}" is not a command${didYouMean(word, known)}`, { hint });
}
