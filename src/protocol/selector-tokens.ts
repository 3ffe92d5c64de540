/** One piece of a selector, and where it begins, counted from 1. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'sign' | 'end';
  /** Of a quoted piece without its quotes. */
  readonly text: string;
  readonly column: number;
}

/** The pieces of a selector, one after another. */
export interface Tokens {
  /** The selector, for messages. */
  readonly text: string;
  /** Takes the next piece; past the last one it is always the end. */
  next(): Token;
  /** Takes the next piece where it is this word. */
  takeWord(word: string): boolean;
  takeSign(sign: string): boolean;
  isAtComparison(): boolean;
}

/** A quote without its end is a sign that nothing expects. */
const piece = /\s*(?:(?<word>[^\s()|=!<>"]+)|"(?<quoted>[^"]*)"|(?<sign>!=|<=|>=|[()|=<>!"]))/y;

/** Cuts a selector into pieces. */
export function createTokens(text: string): Tokens {
  const pieces = [...cut(text)];
  const end: Token = { kind: 'end', text: '', column: text.length + 1 };
  let at = 0;
  const take = (kind: Token['kind'], word: string): boolean => {
    const token = pieces[at];
    if (token?.kind !== kind || token.text !== word) return false;
    at += 1;
    return true;
  };
  return {
    text,
    next() {
      const token = pieces[at] ?? end;
      at += 1;
      return token;
    },
    takeWord: (word) => take('word', word),
    takeSign: (sign) => take('sign', sign),
    isAtComparison() {
      const token = pieces[at];
      return token?.kind === 'sign' && /^(!?=|[<>]=?)$/.test(token.text);
    },
  };
}

function* cut(text: string): Generator<Token> {
  for (const match of text.matchAll(new RegExp(piece, 'gy'))) {
    const { word, quoted, sign } = match.groups ?? {};
    const found = word ?? sign ?? quoted ?? '';
    const size = quoted === undefined ? found.length : found.length + 2;
    const column = match.index + match[0].length - size + 1;
    yield { kind: word !== undefined ? 'word' : quoted !== undefined ? 'quoted' : 'sign', text: found, column };
  }
}
