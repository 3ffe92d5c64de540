import { expect, test } from 'vitest';
import { readScenario } from './scenario.ts';

const faultOf = (env: Record<string, string>, argv: readonly string[] = []): string => {
  const read = readScenario(env, argv);
  return 'fault' in read ? read.fault : 'no fault';
};

test('reads the environment, lets flags win, and counts an empty value as none', () => {
  const read = readScenario(
    { SIM_PLAYERS: '3', SIM_STARTUP_SECONDS: '0.5', SIM_BUILD: '', SERVER_MAX_PLAYERS: '8', SERVER_PVP: 'false' },
    ['--players', '5', '--hang-on-stop', '--rcon-quirks', 'slow, split', '--log-rate', 'max', '--data', '/srv/a'],
  );
  expect(read).toMatchObject({
    scenario: {
      build: 42,
      players: 5,
      startupSeconds: 0.5,
      hangOnStop: true,
      logRate: Number.POSITIVE_INFINITY,
      dataFolder: '/srv/a',
      rconQuirks: new Set(['slow', 'split']),
      options: { MaxPlayers: '8', PVP: 'false' },
      crash: undefined,
      onSignal: 'ends',
    },
  });
});

test.each([
  [{ SIM_PLAYERS: 'many' }, 'SIM_PLAYERS is "many", not a whole number from 0 to 1000'],
  [{ SIM_PLAYERS: '0x10' }, 'SIM_PLAYERS is "0x10"'],
  [{ SIM_STARTUP_SECONDS: '-1' }, 'SIM_STARTUP_SECONDS is "-1"'],
  [{ SIM_BUILD: '43' }, 'SIM_BUILD: "43" is none of 41, 42'],
  [{ SIM_CRASH_KIND: 'omm' }, 'SIM_CRASH_KIND: "omm" is none of'],
  [{ SIM_RCON_QUIRKS: 'split,slwo' }, 'did you mean "slow"?'],
  [{ SIM_HANG_ON_STOP: 'yes' }, 'SIM_HANG_ON_STOP: "yes" is none of true, false'],
  [{ SERVER_NAME: '../etc' }, 'SERVER_NAME is "../etc"'],
  [{ SERVER_DEFAULT_PORT: '70000' }, 'SERVER_DEFAULT_PORT is "70000", not a number from 0 to 65535'],
  [{ SERVER_PUBLIC: '1' }, 'SERVER_PUBLIC is "1", not true or false'],
  [{ SIM_PLAYRS: '1' }, 'There is no setting SIM_PLAYRS; did you mean "SIM_PLAYERS"?'],
])('says what is wrong with %o', (env, fault) => {
  expect(faultOf(env)).toContain(fault);
});

test('says all faults at once', () => {
  expect(faultOf({ SIM_PLAYERS: 'x', SIM_SAVE_MB: 'y' })).toMatch(/SIM_PLAYERS.*; SIM_SAVE_MB/);
});

test('takes no secret on the command line, and repeats none in a fault', () => {
  for (const flag of ['--admin-password', '--rcon-password', '--server-password']) {
    expect(faultOf({}, [flag, 'hunter2'])).toContain(flag);
  }
  expect(faultOf({ RCON_PASSWORD: 'hun\nter2', ADMIN_PASSWORD: 'hun\nter2' })).toMatch(
    /^(?!.*ter2).*ADMIN_PASSWORD.*RCON_PASSWORD/s,
  );
});

test('explains itself', () => {
  const read = readScenario({}, ['--help']);
  expect('help' in read && read.help).toMatch(/It is not the game\.[\s\S]*--crash-kind <value>[\s\S]*wrong-order/);
});
