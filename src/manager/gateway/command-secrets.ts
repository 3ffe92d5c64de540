import * as z from 'zod';
import { serverRcon } from '../../protocol/operations/rcon.ts';
import { redactCommand } from '../../zomboid/commands/redact-command.ts';

const WithCommand = z.looseObject({ command: z.string() });

/** A request as it may be audited: where it has the game do a command, the passwords in that line are gone. */
export function withoutCommandSecrets(subject: string, input: unknown): unknown {
  if (subject !== serverRcon.subject) return input;
  const parsed = WithCommand.safeParse(input);
  return parsed.success ? { ...parsed.data, command: redactCommand(parsed.data.command) } : input;
}
