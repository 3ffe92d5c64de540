import { describe, expect, test } from 'vitest';
import { type CrashClass, type CrashEvidence, classifyCrash } from './crash-class.ts';

const b41 = (text: string): string => `ERROR: General     , 1709045530370> 97,774,374> ${text}`;
const b42 = (text: string): string => `ERROR: General      f:0 st:34,907,676> ${text}`;

const exit = (change: Partial<CrashEvidence>): CrashEvidence => ({
  exitCode: 1,
  oomKilled: false,
  wasReady: false,
  lines: [],
  ...change,
});

/** Ends of real logs, shortened to what tells. */
const corpus: readonly (readonly [string, CrashClass, Partial<CrashEvidence>])[] = [
  ['the engine says so', 'out-of-memory', { exitCode: 137, oomKilled: true }],
  [
    'heap, build 42, through a start script',
    'out-of-memory',
    {
      exitCode: 0,
      wasReady: true,
      lines: [b42('java.lang.OutOfMemoryError: Java heap space'), '\tat zombie.X(X.java:1)'],
    },
  ],
  ['heap, build 41', 'out-of-memory', { lines: [b41('java.lang.OutOfMemoryError: GC overhead limit exceeded')] }],
  [
    'container smaller than the heap',
    'out-of-memory',
    { lines: ['Error occurred during initialization of VM', 'Could not reserve enough space for object heap'] },
  ],
  [
    'memory the JVM could not commit, with an abort after it',
    'out-of-memory',
    {
      exitCode: 134,
      lines: [
        '# There is insufficient memory for the Java Runtime Environment to continue.',
        '# SIGSEGV (0xb) at pc=0x0',
      ],
    },
  ],
  [
    'the world misses a mod',
    'mod-error',
    {
      lines: [
        b42('WorldDictionary: Cannot load world due to WorldDictionary error'),
        'LOG  : General      f:0 st:1> Server Terminated.',
      ],
    },
  ],
  [
    'an item that does not come',
    'mod-error',
    { exitCode: 0, lines: [b42('Workshop: onItemNotDownloaded itemID=1 result=2')] },
  ],
  [
    'a mod for another Java',
    'mod-error',
    { lines: [b41('java.lang.UnsupportedClassVersionError: a/B has been compiled by a more recent version')] },
  ],
  ['a game port', 'port-taken', { lines: [b42('java.net.ConnectException: Connection Startup Failed. Code: 5')] }],
  ['the RCON port', 'port-taken', { lines: [b42('RCON: error creating socket on port 27015')] }],
  [
    'rules that cannot be read',
    'bad-config',
    { lines: ['LOG  : General      f:0> Exiting due to errors loading /x/a.lua'] },
  ],
  ['no admin password', 'bad-config', { lines: ['Enter new administrator password: '] }],
  [
    'user database, build 41',
    'save-corrupt',
    { lines: [b41('ServerWorldDatabase.create> Exception thrown'), '\tat org.sqlite.DB(DB.java:1)'] },
  ],
  [
    'user database, build 42',
    'save-corrupt',
    { lines: ['LOG  : General      f:0> failed to create/open user database, server shut down'] },
  ],
  [
    'killed below a start script',
    'killed',
    { exitCode: 0, lines: ['./start-server.sh: line 18:    82 Killed                  ./ProjectZomboid64 "$@"'] },
  ],
  ['docker kill', 'killed', { exitCode: 137, wasReady: true }],
  ['docker stop by hand', 'killed', { exitCode: 143, wasReady: true }],
  ['a fault in native code', 'unknown', { exitCode: 134, lines: ['#  SIGSEGV (0xb) at pc=0x00007f'] }],
  ['a disk that is full', 'unknown', { lines: [b42('java.io.IOException: No space left on device')] }],
  ['quit typed into the game', 'unknown', { exitCode: 0, wasReady: true }],
  ['no word at all', 'unknown', { exitCode: undefined }],
];

describe('an exit nobody asked for', () => {
  test.each(corpus)('%s: %s', (_, expected, evidence) => {
    const verdict = classifyCrash(exit(evidence));
    expect(verdict.class).toBe(expected);
    expect(verdict.reason).not.toMatch(/\.$/);
    expect(verdict.hint).not.toBe('');
  });

  test('the newest cause counts, and what only says that it ends does not hide it', () => {
    const lines = [
      b42('java.lang.OutOfMemoryError: x'),
      b42('Connection Startup Failed. Code: 5'),
      'Server Terminated.',
    ];
    expect(classifyCrash(exit({ lines }))).toMatchObject({
      class: 'port-taken',
      line: expect.stringContaining('Code: 5'),
    });
  });

  test('trouble with the workshop long before the end of a game that ran says nothing', () => {
    const lines = [b42('Workshop: onItemNotDownloaded itemID=1 result=2')];
    expect(classifyCrash(exit({ lines, wasReady: true })).class).toBe('unknown');
  });

  test('a signal from outside is one, whatever the game had said before', () => {
    const lines = [b42('RCON: error creating socket on port 27015')];
    expect(classifyCrash(exit({ exitCode: 137, lines })).class).toBe('killed');
  });

  test('a player who writes a signature into the chat changes nothing', () => {
    const lines = [
      "LOG  : General      f:0> ChatMessage{chat=General, author='x', text='SIGSEGV java.lang.OutOfMemoryError'}",
    ];
    expect(classifyCrash(exit({ lines, wasReady: true })).class).toBe('unknown');
  });
});
