/** Which exits ZedOps means to happen, so that none of them is taken for a crash. */
export interface Intents {
  /** Says that the server's game is being ended on purpose, until the next start. */
  expectExit(serverId: string): void;
  /** Says that the server is being started: an exit from now on is a crash. */
  expectRun(serverId: string): void;
  expectsExit(serverId: string): boolean;
}

/** Makes the intents of an agent. They live as long as its process; a job that goes on after it states them again. */
export function createIntents(): Intents {
  const ending = new Set<string>();
  return {
    expectExit: (serverId) => void ending.add(serverId),
    expectRun: (serverId) => void ending.delete(serverId),
    expectsExit: (serverId) => ending.has(serverId),
  };
}
