import { expect, test } from 'vitest';
import { redactCommand } from './redact-command.ts';

test.each([
  ['adduser "bob" "hunter2"', 'adduser "bob" ***'],
  ['ADDUSER bob hunter2', 'ADDUSER "bob" ***'],
  ['adduser "Bob the Builder" "a b c" more', 'adduser "Bob the Builder" ***'],
  ['adduser bob "hunter2', 'adduser "bob" ***'],
  ['/setpassword bob hunter2', '/setpassword "bob" ***'],
  ['changeoption Password "hunter2"', 'changeoption "Password" ***'],
  ['changeoption "RCONPassword" x', 'changeoption "RCONPassword" ***'],
  ['changeoption DiscordToken abc', 'changeoption "DiscordToken" ***'],
])('hides the secret of %s', (line, shown) => {
  expect(redactCommand(line)).toBe(shown);
});

test.each(['players', 'adduser bob', 'kickuser "a" -r "no adduser x y"', 'changeoption MaxPlayers 4', ''])(
  'leaves %s as it is',
  (line) => {
    expect(redactCommand(line)).toBe(line);
  },
);
