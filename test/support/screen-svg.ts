import type { IBufferCell, Terminal } from '@xterm/headless';

const cell = { width: 8.4, height: 18 } as const;
const margin = 14;

/** The 16 colours of the picture, as a dark terminal has them. */
const palette = [
  ...['#282c34', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#abb2bf'],
  ...['#5c6370', '#ff7a85', '#b5e890', '#ffd689', '#82c4ff', '#e29bf5', '#7fd5df', '#ffffff'],
] as const;
const background = '#1e2127';
const foreground = '#c8ccd4';

/** How a run of letters looks. */
interface Look {
  readonly color: string;
  readonly behind: string | undefined;
  readonly isBold: boolean;
  readonly isDim: boolean;
}

interface Run {
  readonly look: Look;
  /** Cells from the left. */
  readonly at: number;
  text: string;
  cells: number;
}

/** Draws what is on an emulated terminal as a picture that is the same for the same screen. `title` says what it shows. */
export function screenSvg(screen: Terminal, title: string): string {
  const { active } = screen.buffer;
  const [width, height] = [screen.cols * cell.width + 2 * margin, screen.rows * cell.height + 2 * margin];
  const rows = Array.from({ length: screen.rows }, (_, row) => {
    const line = active.getLine(active.baseY + row);
    const cells = Array.from({ length: screen.cols }, (_, column) => line?.getCell(column));
    return runsOf(cells).map((run) => drawn(run, row));
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${length(width)} ${length(height)}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" xml:space="preserve">`,
    ...rows.flat(),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function runsOf(cells: readonly (IBufferCell | undefined)[]): Run[] {
  const runs: Run[] = [];
  for (const [at, one] of cells.entries()) {
    // A wide letter has a second cell of no width.
    if (!one || one.getWidth() === 0) continue;
    const look = lookOf(one);
    const text = one.getChars() || ' ';
    const last = runs.at(-1);
    // Fonts differ in how wide a letter that is not ASCII is: each stands in a place of its own.
    const isPlain = /^[ -~]+$/.test(text);
    if (last && isPlain && /[ -~]$/.test(last.text) && isSame(last.look, look)) {
      last.text += text;
      last.cells += 1;
    } else {
      runs.push({ look, at, text, cells: one.getWidth() });
    }
  }
  return runs.filter(({ look, text }) => look.behind !== undefined || text.trim() !== '');
}

function lookOf(one: IBufferCell): Look {
  const color = one.isFgPalette() ? (palette[one.getFgColor()] ?? foreground) : foreground;
  const behind = one.isBgPalette() ? palette[one.getBgColor()] : undefined;
  const isInverse = one.isInverse() !== 0;
  return {
    color: isInverse ? (behind ?? background) : color,
    behind: isInverse ? color : behind,
    isBold: one.isBold() !== 0,
    isDim: one.isDim() !== 0,
  };
}

function isSame(one: Look, other: Look): boolean {
  return (
    one.color === other.color && one.behind === other.behind && one.isBold === other.isBold && one.isDim === other.isDim
  );
}

function drawn({ look, at, text, cells }: Run, row: number): string {
  const [x, y, width] = [margin + at * cell.width, margin + row * cell.height, cells * cell.width];
  const behind =
    look.behind === undefined
      ? ''
      : `<rect x="${length(x)}" y="${length(y)}" width="${length(width)}" height="${cell.height}" fill="${look.behind}"/>`;
  const lead = text.length - text.trimStart().length;
  const word = text.trim();
  if (word === '') return behind;
  const style = `fill="${look.color}"${look.isBold ? ' font-weight="bold"' : ''}${look.isDim ? ' opacity="0.6"' : ''}`;
  const room = (cells - (text.length - word.length)) * cell.width;
  const place = `x="${length(x + lead * cell.width)}" y="${length(y + cell.height - 5)}" textLength="${length(room)}"`;
  return `${behind}<text ${place} ${style}>${escaped(word)}</text>`;
}

function length(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
