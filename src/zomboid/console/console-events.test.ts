import { describe, expect, it } from 'vitest';
import { type ConsoleEvent, readConsoleEvent } from './console-events.ts';
import { parseConsoleLine } from './console-line.ts';

const read = (line: string): ConsoleEvent | undefined => readConsoleEvent(parseConsoleLine(line));

const corpus: readonly (readonly [line: string, event: Partial<ConsoleEvent>])[] = [
  [
    ' Update state (0x61) downloading, progress: 6.40 (458103807 / 7160173345)',
    { kind: 'phase', phase: 'installing the game', percent: 6.4 },
  ],
  [
    ' Update state (0x5) verifying install, progress: 12.04 (862101033 / 7160173345)',
    { kind: 'phase', phase: 'checking the game files', percent: 12.04 },
  ],
  [
    '\u001b[0m Update state (0x11) preallocating, progress: 0.00 (0 / 7160173345)',
    { kind: 'phase', phase: 'installing the game', percent: 0 },
  ],
  ["Success! App '380870' fully installed.", { kind: 'phase', phase: 'launching' }],
  ["\u001b[0mSuccess! App '380870' already up to date.", { kind: 'phase', phase: 'launching' }],
  ['cachedir set to "/project-zomboid-config".', { kind: 'phase', phase: 'launching' }],
  [
    'LOG  : General     , 1731733636008> 12,393,471,402> version=41.78.16 demo=false.',
    { kind: 'version', version: '41.78.16' },
  ],
  [
    'LOG  : General      f:0> version=42.20.4 b0bbce05d5 demo=false',
    { kind: 'version', version: '42.20.4', revision: 'b0bbce05d5' },
  ],
  [
    'LOG  : Network     , 1765832798822> 914,659> ZNet: Startup version 41.78.16',
    { kind: 'phase', phase: 'connecting to Steam' },
  ],
  [
    'LOG  : General     , 1706483137285> 2,032,824,429> Workshop: GetItemState()=Installed|NeedsUpdate ID=3067798182',
    { kind: 'phase', phase: 'downloading workshop items' },
  ],
  [
    'LOG  : General     , 1706483137296> 2,032,824,440> Workshop: item state CheckItemState -> DownloadPending ID=3067798182',
    { kind: 'phase', phase: 'downloading workshop items' },
  ],
  [
    'LOG  : General     , 1706483137362> 2,032,824,506> Workshop: download 377440/1509760 ID=3067798182',
    { kind: 'phase', phase: 'downloading workshop items', percent: 25 },
  ],
  [
    'LOG  : General     , 1645812343542> 8,269,178> Router detection/configuration starting.',
    { kind: 'phase', phase: 'opening ports in the router' },
  ],
  ['LOG  : General      f:0 st:2,919,714> LOADING ASSETS: START', { kind: 'phase', phase: 'loading assets' }],
  ['LOG  : General      f:0 st:2,919,714> Looking in these map folders:', { phase: 'loading mods and maps' }],
  ['LOG  : General      f:0 st:2,919,714> Loading world...', { phase: 'loading the world' }],
  ['LOG  : Network      f:0 st:34,907,676> *** SERVER STARTED ****', { kind: 'ready' }],
  ['[26-09-26 18:05:09.123] LOG  : Network      f:0 st:34,907,676> *** SERVER STARTED ****.', { kind: 'ready' }],
  ['LOG  : Network     , 1765832798822> 914,659> RCON: listening on port 27015', { kind: 'rcon', port: 27015 }],
  ['LOG  : General      f:0 st:1> World saved', { kind: 'save-asked' }],
  ['LOG  : General      f:0 st:1> SaveAll took 104 ms', { kind: 'saved', ms: 104 }],
  ['LOG  : General     , 1765832798822> 914,659> SaveAll took 1104.25 ms', { kind: 'saved', ms: 1104.25 }],
  ['LOG  : General      f:0 st:1> Saving finish', { kind: 'saved' }],
  ['LOG  : General      f:0 st:1> Saving took 120 ms', { kind: 'saved', ms: 120 }],
  ['LOG  : General      f:0 st:2,920,143> Shutdown handling started', { kind: 'shutdown', step: 'started' }],
  ['LOG  : Network      f:0 st:2,920,143> Server exited', { kind: 'shutdown', step: 'exited' }],
  ['LOG  : General      f:0 st:2,920,143> Shutdown handling finished', { kind: 'shutdown', step: 'finished' }],
  ['LOG  : Network      f:0 st:2,920,143> Server is working normal', { kind: 'recovered' }],
];

const failures: readonly (readonly [line: string, failure: string, fatal: boolean])[] = [
  ['ERROR: General     , 1709045530370> 97.774.374> java.lang.OutOfMemoryError: Java heap space', 'heap-memory', true],
  ['Exception in thread "main" java.lang.OutOfMemoryError: GC overhead limit exceeded', 'heap-memory', true],
  ['Error occurred during initialization of VM: Could not reserve enough space for object heap', 'host-memory', true],
  ['# There is insufficient memory for the Java Runtime Environment to continue.', 'host-memory', true],
  [
    './start-server.sh: line 18:    82 Killed                  LD_PRELOAD="libjsig.so" ./ProjectZomboid64 "$@"',
    'killed',
    true,
  ],
  ['# A fatal error has been detected by the Java Runtime Environment:', 'native-crash', true],
  ['LOG  : General      f:0> Exiting due to errors loading /data/Server/alpha_SandboxVars.lua', 'settings-file', true],
  ['ERROR: General     , 1709045530370> 97.774.374> GameServer.main> Exception thrown', 'user-database', true],
  ['ERROR: General      f:0 st:1 at ServerWorldDatabase.create> Exception thrown', 'user-database', true],
  [
    'ERROR: General      f:0 st:1> WorldDictionary: Cannot load world due to WorldDictionary error',
    'world-dictionary',
    true,
  ],
  [
    'ERROR: General     , 1673024475989> 8,415,364,347> java.net.ConnectException: Connection Startup Failed. Code: 5',
    'game-port',
    true,
  ],
  ['LOG  : General      f:0 st:1> RCON: error creating socket on port 27015', 'rcon-port', false],
  ['LOG  : General      f:0 st:1> Workshop: onItemNotDownloaded itemID=1 result=2', 'workshop', false],
  ['LOG  : General      f:0 st:1> Workshop: item state DownloadPending -> Fail ID=1', 'workshop', false],
  ['WARN : Mod          f:0 st:1> Mod A required mod "B" not found', 'mod-missing', false],
  ['Enter new administrator password: ', 'admin-password', true],
  ['LOG  : Network      f:0 st:1> Failed to connect to Steam servers', 'steam', false],
  ['java.io.IOException: No space left on device', 'disk-full', true],
  [
    "LOG  : Network      f:0 st:1> Server is too busy. Server will drop updates of vehicle's physics. Server is closed for new connections",
    'overloaded',
    false,
  ],
  ['LOG  : General      f:0 st:1> Server Terminated.', 'aborted', true],
];

describe('readConsoleEvent', () => {
  it.each(corpus)('understands %s', (line, event) => {
    expect(read(line)).toMatchObject(event);
  });

  it.each(failures)('finds what is wrong in %s', (line, failure, fatal) => {
    const event = read(line);
    expect(event).toMatchObject({ kind: 'failure', failure, fatal });
    expect(event?.kind === 'failure' && event.hint.length > 0).toBe(true);
  });

  it.each([
    'WARN : Script       f:0 st:34,865,802 at ModelScript.check                   > no such model …',
    'LOG  : General     , 1709045530266> 97.774.271> RCON: new connection Socket[addr=/127.0.0.1,port=55902,localport=]',
    "LOG  : General     , 1645812343314> 8,268,950> Administrator account 'admin' created.",
    'LOG  : General     , 1645812342770> 8,268,406> Backup made in 52 ms',
    '\tat zombie.network.GameServer.main(GameServer.java:739)',
    'Somebody Killed somebody',
    '',
  ])('makes nothing of %j', (line) => {
    expect(read(line)).toBeUndefined();
  });

  it.each([
    "LOG  : General      f:0 st:1> Got message:ChatMessage{chat=General, author='x', text='java.lang.OutOfMemoryError'}",
    "LOG  : General      f:0 st:1> Got message:ChatMessage{chat=General, author='x', text='*** SERVER STARTED ****'}",
    'LOG  : General      f:0 st:1> command entered via server console (System.in): "servermsg "Server Terminated.""',
    'LOG  : General     , 1709045530266> 1> RCON: ID=3 Type=2 Body=\'servermsg "Server Terminated."\' Socket[addr=/1.2.3.4]',
    'LOG  : Network     , 1709045530266> 1> User Server Terminated. is trying to connect.',
    'LOG  : Network     , 1709045530266> 1> Disconnected player "SIGSEGV" 76561198000000001',
  ])('is not taken in by what somebody typed: %s', (line) => {
    expect(read(line)).toBeUndefined();
  });
});
