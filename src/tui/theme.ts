/** What a piece of text is, so that a theme can say how it looks. */
export type Tone =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'good'
  | 'warn'
  | 'bad'
  | 'accent'
  | 'selected'
  | 'hit'
  | 'banner'
  | 'key';

/** How text looks. Words always say what a colour says too. */
export interface Theme {
  readonly name: ThemeName;
  paint(tone: Tone, text: string): string;
}

/** Themes one can ask for by name. */
export const themeNames = ['default', 'contrast', 'mono'] as const;
export type ThemeName = (typeof themeNames)[number];

type Codes = Readonly<Record<Tone, readonly [begin: string, end: string] | undefined>>;

/** SGR codes of the 16 colours, so that a person's own palette decides. Each ends only what it began. */
const codes: Readonly<Record<ThemeName, Codes>> = {
  default: {
    plain: undefined,
    dim: ['2', '22'],
    strong: ['1', '22'],
    good: ['32', '39'],
    warn: ['33', '39'],
    bad: ['31', '39'],
    accent: ['36', '39'],
    selected: ['7', '27'],
    hit: ['30;43', '39;49'],
    banner: ['30;43', '39;49'],
    key: ['36', '39'],
  },
  contrast: {
    plain: undefined,
    dim: undefined,
    strong: ['1', '22'],
    good: ['1;92', '22;39'],
    warn: ['1;93', '22;39'],
    bad: ['1;97;41', '22;39;49'],
    accent: ['1;96', '22;39'],
    selected: ['7', '27'],
    hit: ['30;103', '39;49'],
    banner: ['30;103', '39;49'],
    key: ['1', '22'],
  },
  mono: {
    plain: undefined,
    dim: undefined,
    strong: ['1', '22'],
    good: undefined,
    warn: ['1', '22'],
    bad: ['1', '22'],
    accent: undefined,
    selected: ['7', '27'],
    hit: ['7', '27'],
    banner: ['7', '27'],
    key: ['1', '22'],
  },
};

/** Makes a theme. */
export function createTheme(name: ThemeName): Theme {
  return {
    name,
    paint(tone, text) {
      const pair = codes[name][tone];
      return pair === undefined || text === '' ? text : `\u001b[${pair[0]}m${text}\u001b[${pair[1]}m`;
    },
  };
}

/** The theme a person means: their word, or none of the colours where the environment says so. */
export function chooseTheme(word: ThemeName | undefined, env: Readonly<Record<string, string | undefined>>): Theme {
  if (word !== undefined) return createTheme(word);
  return createTheme(env.NO_COLOR || env.TERM === 'dumb' ? 'mono' : 'default');
}

/** The tone of a state's word, of a server, host or job. */
export function toneOf(state: string): Tone {
  if (['ready', 'online', 'done'].includes(state)) return 'good';
  if (['crashed', 'failed', 'lost', 'missing', 'revoked'].includes(state)) return 'bad';
  if (['stopped', 'deleted', 'unknown', 'offline', 'invited', 'cancelled'].includes(state)) return 'dim';
  return 'warn';
}
