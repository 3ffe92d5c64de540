import * as z from 'zod';
import { type Command, command } from '../grammar/command.ts';
import { table } from '../output/format.ts';

/** `zedops settings`. */
export const settingsCommands: readonly Command[] = [
  command({
    words: 'settings',
    summary: 'Show every setting with its value and where that came from',
    details: [
      'A flag (--setting name=value) beats the environment, that beats the settings file, and that beats the default. The file is JSON, {"manager.listen": ":8443"}; an unknown key is an error.',
    ],
    input: z.object({}),
    examples: ['zedops settings', 'zedops settings --json', 'zedops settings --setting manager.listen=:9443'],
    async run(_, context) {
      const settings = context.settings();
      const rows = settings.all().map(({ name, env, value, origin, secret, help }) => ({
        name,
        env,
        help,
        origin,
        ...(value === undefined ? {} : { value: secret ? 'set' : value }),
      }));
      context.talk.show({ file: settings.file, settings: rows }, () =>
        table(
          ['SETTING', 'VALUE', 'FROM', 'ENVIRONMENT', 'WHAT IT IS'],
          rows.map(({ name, value, origin, env, help }) => [
            name,
            value,
            value === undefined ? 'unset' : origin,
            env,
            help,
          ]),
        ),
      );
      context.talk.note(`settings file: ${settings.file}`);
      return undefined;
    },
  }),
];
