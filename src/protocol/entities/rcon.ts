import * as z from 'zod';

/** The two builds of the game, which know different commands. */
export const GameBuild = z.enum(['41', '42']);
export type GameBuild = z.infer<typeof GameBuild>;

/** One line for the game's console: a command and its arguments, with quotes around those with spaces. */
export const RconCommand = z
  .string()
  .max(1024)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'a command is one line without control characters')
  .regex(/\S/, 'a command needs a name')
  .describe('one line as the game’s console takes it');
