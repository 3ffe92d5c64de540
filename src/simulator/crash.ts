import type { Dialect } from './dialect.ts';
import type { GameConsole } from './game-console.ts';
import type { CrashKind } from './scenario-settings.ts';

/**
 * Exit codes of crashes: 1 is Java's own after an exception, 134 what a fault in native code leaves. A game that the
 * kernel killed exits with 0, because `start-server.sh` always does.
 */
export const crashExitCodes: Readonly<Record<CrashKind, number>> = {
  exit: 1,
  oom: 1,
  killed: 0,
  native: 134,
  mod: 1,
  port: 1,
  config: 1,
  corrupt: 1,
  disk: 1,
};

/** Prints the last words of a crash. `sandbox` is the path of the world's rules. @returns the exit code. */
export function printCrash(
  { console, dialect, sandbox }: { console: GameConsole; dialect: Dialect; sandbox: string },
  kind: CrashKind,
): number {
  const stack = (frame: string): void => console.plain(`\tat zedops.simulator.${frame}`);
  switch (kind) {
    case 'exit':
      break;
    case 'oom':
      console.log('General', 'java.lang.OutOfMemoryError: Java heap space', 'ERROR');
      stack('Heap.fill(Heap.java:1)');
      break;
    case 'killed':
      console.plain(
        './start-server.sh: line 18:    82 Killed                  LD_PRELOAD="libjsig.so" ./ProjectZomboid64 "$@"',
      );
      break;
    case 'native':
      console.plain('#');
      console.plain('# A fatal error has been detected by the Java Runtime Environment:');
      console.plain('#');
      console.plain('#  SIGSEGV (0xb) at pc=0x00007f0000000000, pid=82, tid=83');
      break;
    case 'mod':
      console.log('Mod', 'Simulated Base required mod "Simulated Addon" not found', 'WARN');
      console.log('General', 'WorldDictionary: Cannot load world due to WorldDictionary error', 'ERROR');
      terminated(console);
      break;
    case 'port':
      console.log('General', 'java.net.ConnectException: Connection Startup Failed. Code: 5', 'ERROR');
      stack('Network.start(Network.java:1)');
      break;
    case 'config':
      console.log('General', `Exiting due to errors loading ${sandbox}`);
      break;
    case 'corrupt':
      // Before 42.16 the caller stands in the message.
      if (dialect.build === 41) console.log('General', 'ServerWorldDatabase.create> Exception thrown', 'ERROR');
      else console.log('General', 'Exception thrown', 'ERROR', 'ServerWorldDatabase.create');
      stack('Database.open(Database.java:1)');
      console.log('General', 'failed to create/open user database, server shut down');
      break;
    case 'disk':
      console.log('General', 'java.io.IOException: No space left on device', 'ERROR');
      stack('World.write(World.java:1)');
      terminated(console);
      break;
  }
  return crashExitCodes[kind];
}

function terminated(console: GameConsole): void {
  console.log('General', 'Server Terminated.');
}
