import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactCommand } from './redact-command.ts';

describe('redactCommand', () => {
  it.each([
    ['adduser "Old Tom" "pw"', 'adduser "Old Tom" ***'],
    ['ADDUSER mara pw more', 'ADDUSER mara ***'],
    ['/adduser mara pw', '/adduser mara ***'],
    ['"adduser" mara pw', 'adduser mara ***'],
    ['setpassword mara pw', 'setpassword mara ***'],
    ['changeoption RCONPassword pw', 'changeoption RCONPassword ***'],
    ['changeoption password ""', 'changeoption password ***'],
    ['changeoption DiscordToken x', 'changeoption DiscordToken ***'],
    ['addusr mara pw', 'addusr ***'],
    ['setpasword mara pw', 'setpasword ***'],
    ['useradd mara pw', 'useradd ***'],
    ['changeoptions Password pw', 'changeoptions ***'],
  ])('shows %j as %j', (line, shown) => {
    expect(redactCommand(line)).toBe(shown);
  });

  it.each([
    'players',
    'adduser mara',
    'kickuser "a b" -r "x"',
    'changeoption PVP true',
    '',
    'servermsg "the password"',
    'modded mara 7',
  ])('leaves %j as it is', (line) => {
    expect(redactCommand(line)).toBe(line);
  });

  it('never shows a password, however it is written', () => {
    const secret = 'hunter2-hunter2';
    fc.assert(
      fc.property(fc.array(fc.constantFrom(' ', '"', 'mara', '-r', '\t'), { maxLength: 6 }), (middle) => {
        const line = `adduser x${middle.join('')} ${secret}`;
        expect(redactCommand(line)).not.toContain(secret);
      }),
    );
  });
});
