import * as z from 'zod';
import { ServerState } from './entities/server.ts';
import { ZedopsError } from './errors.ts';
import { createTokens, type Token, type Tokens } from './selector-tokens.ts';

/** A selector as it travels; {@link parseSelector} reads it. */
export const SelectorText = z.string().trim().min(1).max(1024);

/** What a selector is tried on: one server, as far as it is known. */
export interface SelectorFacts {
  readonly name: string;
  readonly host: string;
  readonly state: string;
  readonly image: string;
  readonly tag: readonly string[];
  readonly 'host.tag': readonly string[];
  /** Absent where nobody knows how many are online. */
  readonly players: number | undefined;
}

/**
 * Says whether a server fits; undefined where that is not known, because something it hangs on is not. `not` and `!=` of
 * what is not known are not known either.
 */
export type Selector = (facts: SelectorFacts) => boolean | undefined;

type Key = keyof SelectorFacts;
const keys: readonly Key[] = ['name', 'host', 'state', 'image', 'tag', 'host.tag', 'players'];

/** Words near a mistyped one, as the end of a message: `; did you mean "tag"?`, or nothing. */
export type Suggest = (word: string, known: readonly string[]) => string;

/**
 * Reads a selector: `all`, or conditions such as `tag=eu`, `host!=box-1`, `state=ready|crashed`, `name=pz-*`, `players<3`,
 * joined by `and`, `or`, `not` and parentheses. `not` binds before `and`, `and` before `or`. `*` stands for any letters
 * and `?` for one; a value with spaces or signs stands in double quotes.
 * @throws ZedopsError INVALID_INPUT, naming the column (from 1).
 */
export function parseSelector(text: string, suggest: Suggest): Selector {
  const tokens = createTokens(text);
  const selector = parseAny(tokens, suggest);
  const rest = tokens.next();
  if (rest.kind !== 'end') throw fault(text, rest, 'expected "and", "or" or the end');
  return selector;
}

function parseAny(tokens: Tokens, suggest: Suggest): Selector {
  const first = parseEvery(tokens, suggest);
  if (!tokens.takeWord('or')) return first;
  const second = parseAny(tokens, suggest);
  return (facts) => either(first(facts), () => second(facts));
}

function parseEvery(tokens: Tokens, suggest: Suggest): Selector {
  const first = parseOne(tokens, suggest);
  if (!tokens.takeWord('and')) return first;
  const second = parseEvery(tokens, suggest);
  return (facts) => negated(either(negated(first(facts)), () => negated(second(facts))));
}

function parseOne(tokens: Tokens, suggest: Suggest): Selector {
  if (tokens.takeWord('not')) {
    const inner = parseOne(tokens, suggest);
    return (facts) => negated(inner(facts));
  }
  if (tokens.takeSign('(')) {
    const inner = parseAny(tokens, suggest);
    const close = tokens.next();
    if (close.kind === 'sign' && close.text === ')') return inner;
    throw fault(tokens.text, close, 'expected ")"');
  }
  return parseCondition(tokens, suggest);
}

function parseCondition(tokens: Tokens, suggest: Suggest): Selector {
  const word = tokens.next();
  if (word.kind !== 'word') throw fault(tokens.text, word, 'expected a condition such as tag=eu');
  if (word.text === 'all' && !tokens.isAtComparison()) return () => true;
  const key = keys.find((known) => known === word.text);
  if (key === undefined) {
    const near = suggest(word.text, [...keys, 'all']);
    throw fault(tokens.text, word, `"${word.text}" is none of ${keys.join(', ')}${near}`);
  }
  const sign = tokens.next();
  const allowed = key === 'players' ? ['=', '!=', '<', '<=', '>', '>='] : ['=', '!='];
  if (sign.kind !== 'sign' || !allowed.includes(sign.text)) {
    throw fault(tokens.text, sign, `expected ${allowed.join(' or ')} after ${key}`);
  }
  const values = parseValues(tokens);
  if (key === 'players') return playersCondition(sign.text, values, tokens.text);
  if (key === 'state') for (const value of values) checkState(value, tokens.text, suggest);
  const isMeant = sign.text === '=';
  return (facts) => {
    const known = facts[key];
    const words = typeof known === 'string' ? [known] : known;
    return values.some((value) => words.some((one) => fitsPattern(value.text, one))) === isMeant;
  };
}

function parseValues(tokens: Tokens): readonly Token[] {
  const values: Token[] = [];
  do {
    const value = tokens.next();
    if (value.kind !== 'word' && value.kind !== 'quoted') throw fault(tokens.text, value, 'expected a value');
    values.push(value);
  } while (tokens.takeSign('|'));
  return values;
}

function playersCondition(sign: string, values: readonly Token[], text: string): Selector {
  const numbers = values.map((value) => {
    if (/^\d{1,6}$/.test(value.text)) return Number(value.text);
    throw fault(text, value, `"${value.text}" is not a number of players`);
  });
  const [first = 0] = numbers;
  const second = values[1];
  if (second !== undefined && sign !== '=' && sign !== '!=') throw fault(text, second, `${sign} takes one number`);
  const test = (players: number): boolean => {
    switch (sign) {
      case '<':
        return players < first;
      case '<=':
        return players <= first;
      case '>':
        return players > first;
      case '>=':
        return players >= first;
      default:
        return numbers.includes(players) === (sign === '=');
    }
  };
  return ({ players }) => (players === undefined ? undefined : test(players));
}

function checkState(value: Token, text: string, suggest: Suggest): void {
  const known: readonly string[] = ServerState.options;
  if (known.includes(value.text) || /[*?]/.test(value.text)) return;
  throw fault(text, value, `"${value.text}" is no state${suggest(value.text, known)}`);
}

function either(first: boolean | undefined, second: () => boolean | undefined): boolean | undefined {
  if (first === true) return true;
  const other = second();
  if (other === true) return true;
  return first === undefined || other === undefined ? undefined : false;
}

function negated(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

/** Says whether a text fits a pattern of `*` and `?`, in steps of at most pattern times text. */
function fitsPattern(pattern: string, text: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const letter = pattern[inPattern];
    if (letter === '*') {
      star = inPattern;
      starAt = at;
      inPattern += 1;
    } else if (letter === '?' || letter === text[at]) {
      inPattern += 1;
      at += 1;
    } else if (star >= 0) {
      inPattern = star + 1;
      starAt += 1;
      at = starAt;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(inPattern));
}

function fault(text: string, { column, kind, text: found }: Token, why: string): ZedopsError {
  const what = kind === 'end' ? `${why}, and it ends there` : why;
  const isNamed = kind === 'end' || why.includes(`"${found}"`);
  return new ZedopsError(
    'INVALID_INPUT',
    `the selector "${text}", column ${column}: ${what}${isNamed ? '' : `, not "${found}"`}`,
    {
      hint: 'such as --on "tag=eu and state=ready", with and, or, not, ( ), =, !=, | and *',
    },
  );
}
