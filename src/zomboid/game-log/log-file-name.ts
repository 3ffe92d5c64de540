/** Kinds of files in a server's `Logs/` whose names say what is in them. */
export const gameLogTypes = [
  'user',
  'chat',
  'admin',
  'pvp',
  'cmd',
  'item',
  'map',
  'PerkLog',
  'ClientActionLog',
  'DebugLog-server',
] as const;

/** One of {@link gameLogTypes}. */
export type GameLogType = (typeof gameLogTypes)[number];

const build41 = /^\d{2}-\d{2}-\d{2}_\d{2}-\d{2}-\d{2}_([A-Za-z-]{1,32})\.txt$/;
const build42 = /^\d{4}-\d{2}-\d{2}_\d{2}-\d{2}_([A-Za-z-]{1,32})\.txt$/;

/**
 * What is in a file of `Logs/`, by its name: `26-09-24_18-05-09_user.txt` of build 41, which begins a new file when one
 * is full, or `2026-09-24_18-05_user.txt` of build 42, which begins the same file anew. Undefined for any other name.
 */
export function gameLogTypeOf(fileName: string): GameLogType | undefined {
  const word = (build41.exec(fileName) ?? build42.exec(fileName))?.[1];
  return gameLogTypes.find((type) => type === word);
}

/** Says whether a folder in `Logs/` is one to which a start of the game moves the files of the run before. */
export function isGameLogArchive(folderName: string): boolean {
  return /^logs_[\d-]{5,10}$/.test(folderName);
}
