import { isIPv6 } from 'node:net';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import type { CrashEvidence } from '../../protocol/entities/crash.ts';
import { bytes, moment, pairs } from './format.ts';

/** A crash with the name of the host that keeps it. */
export type ShownCrash = CrashEvidence & { readonly host: string };

/** What a crash was, in lines of key and value. */
export function crashFacts({ crash, host }: ShownCrash): string {
  return pairs([
    ['id', crash.id],
    ['server', `${crash.server} on ${host}`],
    ['class', crash.class],
    ['reason', crash.reason],
    ['hint', crash.hint],
    ['line', crash.line],
    ['at', moment(crash.at)],
    ['started', crash.startedAt === undefined ? undefined : moment(crash.startedAt)],
    ['ready', crash.readyAt === undefined ? 'never' : moment(crash.readyAt)],
    ['exit code', crash.exitCode === undefined ? undefined : String(crash.exitCode)],
    ['out of memory', crash.oomKilled ? 'yes, says the engine' : undefined],
    ['game', crash.gameVersion],
    ['image', crash.image],
  ]);
}

/**
 * All that is known of a crash as one readable text, to keep or to hand to someone who helps. Secret settings are in it
 * as the word `set` only, and addresses of players not at all.
 */
export function crashReport(shown: ShownCrash): string {
  const { spec, facts, lines } = shown;
  const settings = Object.entries(spec.env).map(([key, value]) => `${key}=${stripControls(value)}`);
  const server = pairs([
    ['template', spec.template],
    ['image', spec.image],
    ['revision', String(spec.revision)],
    ['world', spec.worldName],
    ['ports', spec.ports.map(({ name, port, protocol }) => `${name} ${port}/${protocol}`).join(', ')],
    ['memory limit', spec.limits.memoryMb === undefined ? 'none' : `${spec.limits.memoryMb} MiB`],
    ['CPU limit', spec.limits.cpus === undefined ? 'none' : String(spec.limits.cpus)],
  ]);
  const host = pairs([
    ['system', `${facts.platform}, kernel ${facts.kernel}`],
    ['CPUs', String(facts.cpus)],
    ['memory', bytes(facts.memoryBytes)],
    ['engine', `${facts.runtime.kind} ${facts.runtime.version ?? 'of unknown version'}`],
    ['agent', facts.agentVersion],
    ['Node', facts.nodeVersion],
  ]);
  const sections: readonly (readonly [string, string])[] = [
    ['Crash', crashFacts(shown)],
    ['Server', server],
    ['Settings', settings.join('\n')],
    ['Host', host],
    [`Last ${lines.length} lines`, lines.map((line) => stripControls(withoutAddresses(line))).join('\n')],
  ];
  return `${sections.map(([title, text]) => `== ${title} ==\n${text}\n`).join('\n')}`;
}

/** Hides addresses other than this machine's own. Numbers grouped by dots have groups that no IPv4 address has. */
export function withoutAddresses(line: string): string {
  return line
    .replace(/(?<![\w:.])[0-9A-Fa-f:.]{0,45}:[0-9A-Fa-f:.]{0,45}(?:%[\w-]{1,16})?(?![\w:])/g, withoutIpv6)
    .replace(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g, (word) => {
      const isAddress = word.split('.').every((part) => String(Number(part)) === part && Number(part) < 256);
      return isAddress && !word.startsWith('127.') && word !== '0.0.0.0' ? 'x.x.x.x' : word;
    });
}

/** A port, or the colon or full stop of a sentence, may follow an address. Times of day and names with colons are none. */
function withoutIpv6(word: string): string {
  const address = [word, word.slice(0, -1), word.replace(/:\d{1,5}$/, '')].find((part) => isIPv6(part));
  if (address === undefined || /^(?:::1?|(?:0:){7}[01]|::ffff:127\.[\d.]+)$/i.test(address)) return word;
  return `x::x${word.slice(address.length)}`;
}
