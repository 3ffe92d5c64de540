import { stripControls } from '../../platform/terminal/terminal-text.ts';

/** Says which server a line is of: its name, padded to the longest, in a colour of its own where there are colours. */
export type LogLabel = (server: string) => string;

/** Makes the labels of some servers. A name has the same colour in every run. */
export async function createLogLabels(servers: readonly string[], hasColor: boolean): Promise<LogLabel> {
  const names = new Map(servers.map((server) => [server, stripControls(server)]));
  const width = Math.max(0, ...[...names.values()].map(({ length }) => length));
  const plain = (server: string): string => (names.get(server) ?? stripControls(server)).padEnd(width);
  if (!hasColor) return plain;
  const { default: kleur } = await import('kleur');
  kleur.enabled = true;
  const colors = [kleur.cyan, kleur.magenta, kleur.green, kleur.yellow, kleur.blue, kleur.red];
  return (server) => {
    let sum = 0;
    for (const letter of server) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
    const color = colors[sum % colors.length] ?? kleur.cyan;
    return color(plain(server));
  };
}
