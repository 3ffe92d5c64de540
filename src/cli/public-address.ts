import { hostname } from 'node:os';
import { ZedopsError } from '../protocol/errors.ts';
import { managerShow } from '../protocol/operations/system.ts';
import type { Context } from './command.ts';

/**
 * The manager's address as others can reach it, for the lines they are given to run: the setting `manager.url`, the
 * address it was reached at just now, or where it listens.
 */
export async function publicAddress(context: Context, scheme: 'https' | 'wss'): Promise<string> {
  return (await findAddress(context)).replace(/^(https|wss):/, `${scheme}:`);
}

async function findAddress(context: Context): Promise<string> {
  const set = context.settings().find('manager.url');
  if (set !== undefined) return set;
  const manager = await context.manager();
  if (!manager.isLocal) return manager.name;
  const { listen } = await manager.call(managerShow, {}, context.signal);
  const place = listen.map((text) => /^(?:\w+:\/\/)?(.*):(\d+)\/?$/.exec(text)).find((match) => match !== null);
  if (!place) throw new ZedopsError('CONFLICT', 'The manager listens nowhere that others could reach');
  const [, address = '', port = ''] = place;
  const isAnywhere = ['', '*', '0.0.0.0', '[::]', '::'].includes(address);
  return `https://${isAnywhere ? hostname() : address}:${port}`;
}
