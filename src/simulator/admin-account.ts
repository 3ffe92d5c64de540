import type { Accounts } from './accounts.ts';
import { aborted } from './ending.ts';
import type { GameConsole } from './game-console.ts';
import type { StdinConsole } from './stdin-console.ts';

/** What {@link prepareAdmin} needs. */
export interface AdminDeps {
  readonly accounts: Accounts;
  readonly console: GameConsole;
  readonly stdin: StdinConsole;
  readonly signal: AbortSignal;
}

const name = 'admin';

/**
 * Sees to it that there is an admin account. Without a password it asks stdin for one, twice, and waits for ever where
 * nobody types: a first start of the game does so.
 */
export async function prepareAdmin({ accounts, console, stdin, signal }: AdminDeps, password?: string): Promise<void> {
  if (accounts.exists(name)) {
    if (password !== undefined) console.log('General', 'admin password changed via -adminpassword option');
    return;
  }
  if (password === undefined) {
    console.plain(`User '${name}' not found, creating it`);
    console.plain('Command line admin password: null');
    let [first, second]: (string | undefined)[] = [];
    while (!first || first !== second) {
      console.plain('Enter new administrator password: ');
      first = await stdin.next();
      if (first === undefined) return aborted(signal);
      console.plain('Confirm the password: ');
      second = await stdin.next();
    }
  }
  accounts.create(name);
  accounts.setLevel(name, 'admin');
  console.log('General', `Administrator account '${name}' created.`);
}
