/** What went wrong, coarse enough to act on. */
export type FailureClass =
  | 'heap-memory'
  | 'host-memory'
  | 'killed'
  | 'native-crash'
  | 'settings-file'
  | 'user-database'
  | 'world-dictionary'
  | 'game-port'
  | 'rcon-port'
  | 'workshop'
  | 'mod-missing'
  | 'admin-password'
  | 'steam'
  | 'java-version'
  | 'disk-full'
  | 'overloaded'
  | 'aborted';

/** One way in which the game says that something is wrong. */
export interface FailureSignature {
  readonly failure: FailureClass;
  /** The text that gives it away, anywhere in a line. */
  readonly text: string;
  /** What more must be true of the line, where the text alone is not enough. */
  readonly also?: RegExp;
  /** True when the game does not go on after it, or not usefully. */
  readonly fatal: boolean;
  /** What a person does about it. */
  readonly hint: string;
}

const moreHeap = 'give the game more memory, and the container 3 GiB on top of that';
const lessHeap = 'the memory limit is too small for what the game was told to use: raise it, or lower the game’s';
const checkMods = 'check the ids in Mods and WorkshopItems';

/** Everything that is recognised. Literals of builds 41.78 and 42, seen in servers' output. */
export const failureSignatures: readonly FailureSignature[] = [
  { failure: 'heap-memory', text: 'java.lang.OutOfMemoryError', fatal: true, hint: moreHeap },
  { failure: 'heap-memory', text: 'GC overhead limit', fatal: true, hint: moreHeap },
  { failure: 'host-memory', text: 'Could not reserve enough space for object heap', fatal: true, hint: lessHeap },
  {
    failure: 'host-memory',
    text: 'There is insufficient memory for the Java Runtime Environment',
    fatal: true,
    hint: lessHeap,
  },
  { failure: 'host-memory', text: 'os::commit_memory', fatal: true, hint: lessHeap },
  {
    failure: 'killed',
    text: ' Killed ',
    also: /line \d+:\s+\d+ Killed\s.*ProjectZomboid64/,
    fatal: true,
    hint: 'the kernel ended the game, most often for want of memory: raise the container’s limit',
  },
  {
    failure: 'native-crash',
    text: 'A fatal error has been detected by the Java Runtime Environment',
    fatal: true,
    hint: 'look into the hs_err_pid file beside the game',
  },
  { failure: 'native-crash', text: 'SIGSEGV', fatal: true, hint: 'look into the hs_err_pid file beside the game' },
  {
    failure: 'settings-file',
    text: 'Exiting due to errors loading',
    fatal: true,
    hint: 'repair the file it names: it must be UTF-8 without a byte order mark and begin with "SandboxVars = {"',
  },
  {
    failure: 'user-database',
    text: 'failed to create/open user database, server shut down',
    fatal: true,
    hint: 'an empty db/<name>.db is left of an interrupted first start: delete it',
  },
  {
    failure: 'world-dictionary',
    text: 'Cannot load world due to WorldDictionary error',
    fatal: true,
    hint: 'a mod that the world needs is gone or has changed: bring it back, or restore a backup',
  },
  {
    failure: 'game-port',
    text: 'Connection Startup Failed. Code: 5',
    fatal: true,
    hint: 'another program has one of the two UDP ports: free it, or choose other ports',
  },
  {
    failure: 'rcon-port',
    text: 'RCON: error creating socket on port ',
    fatal: false,
    hint: 'another program has the RCON port; without it ZedOps cannot save or stop the game in good order',
  },
  { failure: 'workshop', text: 'Workshop: onItemNotDownloaded', fatal: false, hint: checkMods },
  { failure: 'workshop', text: '-> Fail ID=', fatal: false, hint: checkMods },
  { failure: 'workshop', text: "isn't a valid workshop item ID", fatal: false, hint: checkMods },
  {
    failure: 'mod-missing',
    text: 'required mod "',
    also: /required mod ".*" not found/,
    fatal: false,
    hint: checkMods,
  },
  {
    failure: 'admin-password',
    text: 'Enter new administrator password',
    fatal: true,
    hint: 'the game waits for a password for its admin account and will not go on: set one',
  },
  {
    failure: 'steam',
    text: 'Failed to connect to Steam servers',
    fatal: false,
    hint: 'Steam is away: try again later',
  },
  {
    failure: 'java-version',
    text: 'UnsupportedClassVersionError',
    fatal: true,
    hint: 'a mod or agent was made for another Java than the game brings',
  },
  { failure: 'disk-full', text: 'No space left on device', fatal: true, hint: 'free space on the disk of the world' },
  {
    failure: 'overloaded',
    text: 'Server is too busy. Server will drop updates of vehicle',
    fatal: false,
    hint: 'the game cannot keep up and takes no new players',
  },
  { failure: 'aborted', text: 'Server Terminated.', fatal: true, hint: 'the lines before it say why' },
];
