import { publicAddress as addressOf } from '../../client/connect/public-address.ts';
import type { Context } from '../grammar/command.ts';

/** The address of the manager that a command means, as others can reach it. */
export async function publicAddress(context: Context, scheme: 'https' | 'wss'): Promise<string> {
  const set = context.settings().find('manager.url');
  return addressOf({ manager: await context.manager(), set, scheme, signal: context.signal });
}
