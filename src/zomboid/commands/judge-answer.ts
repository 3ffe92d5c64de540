import { type AnswerValues, answerValues } from './answer-values.ts';
import { findCommand, syntaxOf } from './catalogue.ts';
import type { Build } from './command.ts';

/** Why a command was not done, in the codes of the protocol. */
export type RefusalCode = 'UNSUPPORTED' | 'NOT_FOUND' | 'FORBIDDEN' | 'INVALID_INPUT' | 'CONFLICT' | 'INTERNAL';

/** What an answer means. `message` is one line, with what the game said in it. */
export type Judgement =
  | { readonly ok: true; readonly values?: AnswerValues }
  | { readonly ok: false; readonly code: RefusalCode; readonly message: string; readonly hint?: string };

/** What the game says where it refuses, in the words of both builds. Each is the beginning or the whole of an answer. */
const refusals: readonly { readonly pattern: RegExp; readonly code: RefusalCode; readonly hint?: string }[] = [
  { pattern: /^Unknown command\b/, code: 'UNSUPPORTED', hint: 'zedops rcon <server> --commands lists what it knows' },
  { pattern: /^Not enough rights\b/i, code: 'FORBIDDEN' },
  { pattern: /\bcan't be kicked\b|\bcan be executed only from the game\b/, code: 'FORBIDDEN' },
  {
    pattern: /^User ".*" is not in the whitelist, use \/adduser first/,
    code: 'NOT_FOUND',
    hint: 'adduser makes the account',
  },
  { pattern: /\bdoesn't exists?\b/, code: 'NOT_FOUND' },
  { pattern: /^(User|Player) .* not found\b|^No such user\b|^Can't find player\b/i, code: 'NOT_FOUND' },
  { pattern: /^Unknown (vehicle script|Lua file)\b|^Access Level '.*' unknown\b/, code: 'NOT_FOUND' },
  { pattern: /\balready exists\b/, code: 'CONFLICT' },
  { pattern: /^Server is (in|not in) Steam mode\b/, code: 'UNSUPPORTED' },
  { pattern: /^Invalid |^invalid (location|outfit|z)\b|^Expected SteamID\b|^Wrong arguments\b/, code: 'INVALID_INPUT' },
  { pattern: /^Pass (a )?username\b|^Specify a player\b|^List of available perks\b/, code: 'INVALID_INPUT' },
  { pattern: /^Z coordinate must be 0\b|^ERROR: /, code: 'INVALID_INPUT' },
  { pattern: /^Not in a room\b/, code: 'CONFLICT' },
  { pattern: /^Subsystem error\b|^A SQL error occured\b|\bexception occurs\b/i, code: 'INTERNAL' },
];

/**
 * Says what an answer to a line means. The game has no word for failure: it is known by what it answers when it has
 * done something, by its refusals, and by the help that it prints where the arguments do not fit. An answer of a
 * command that is not known counts as well unless it is a refusal.
 */
export function judgeAnswer(build: Build | undefined, line: string, answer: string): Judgement {
  const command = findCommand(build, line);
  if (command?.done?.test(answer.slice(0, longestMatched).trimEnd())) return succeeded(command, answer);
  const first = firstLine(answer);
  const refusal = refusals.find(({ pattern }) => pattern.test(first));
  if (refusal) {
    const { code, hint } = refusal;
    return { ok: false, code, message: first, ...(hint === undefined ? {} : { hint }) };
  }
  if (command?.done === undefined) return command ? succeeded(command, answer) : { ok: true };
  const [name] = command.names;
  const hint = syntaxOf(command);
  if (answer.trim() === '') {
    return { ok: false, code: 'INTERNAL', message: `The game answered nothing to ${name}, so it may be done or not` };
  }
  return { ok: false, code: 'INVALID_INPUT', message: `The game did not do ${name} and said: ${first}`, hint };
}

function succeeded(command: NonNullable<ReturnType<typeof findCommand>>, answer: string): Judgement {
  const values = answerValues(command, answer);
  return values === undefined ? { ok: true } : { ok: true, values };
}

/** Patterns look at no more of an answer than this, in UTF-16 units. */
const longestMatched = 2000;

const longestMessage = 300;

function firstLine(answer: string): string {
  const line = answer.trim().split(/\r?\n/, 1)[0] ?? '';
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}
