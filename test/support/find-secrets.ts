import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Fleet, secrets } from './fleet.ts';

/**
 * Looks for the secrets of a fleet's servers in everything it has written that is not the game's own: state folders of
 * manager and agent, texts given, and the process list. Says where each was found. The agent's specs and the file that
 * the compose file reads hold them by design, with mode 0600.
 */
export async function findSecrets(fleet: Fleet, texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const look = (where: string, text: string): void => {
    for (const [name, secret] of Object.entries(secrets)) {
      if (text.includes(secret)) found.push(`${name} in ${where}`);
    }
  };
  texts.forEach((text, index) => {
    look(`text ${index + 1}`, text);
  });
  look('the process list', (await execa('ps', ['axww', '-o', 'args'])).stdout);
  for (const home of [fleet.owner.home, fleet.far.home]) {
    for (const file of await filesBelow(home)) {
      if (!file.endsWith('.env')) look(file, (await readFile(file)).toString('latin1'));
    }
  }
  for (const file of await filesBelow(join(fleet.box.home, 'agent'))) {
    if (file.includes('/agent/servers/') || file.includes('/agent/processes/')) continue;
    look(file, (await readFile(file)).toString('latin1'));
  }
  return found;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
