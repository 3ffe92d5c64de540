import { expect, test } from 'vitest';
import { hidePrintedSecrets } from './secret-lines.ts';

test.each([
  [
    "RCON: ID=1 Type=3 Body='hunter22' Socket[addr=/10.0.0.1]",
    "RCON: ID=1 Type=3 Body='******' Socket[addr=/10.0.0.1]",
  ],
  ['./start-server.sh -adminpassword hunter22 -servername a', './start-server.sh -adminpassword ****** -servername a'],
  ['admin created user bob with password hunter22', 'admin created user bob with password ******'],
  ['RCONPassword=hunter22', 'RCONPassword=******'],
  ['ADMIN_PASSWORD: hunter22', 'ADMIN_PASSWORD: ******'],
  ['LOG  : General      f:0> *** SERVER STARTED ****', 'LOG  : General      f:0> *** SERVER STARTED ****'],
])('%s', (line, shown) => {
  expect(hidePrintedSecrets(line)).toBe(shown);
});
