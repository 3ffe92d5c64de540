import { hostname } from 'node:os';
import { ZedopsError } from '../../protocol/errors.ts';
import { managerShow } from '../../protocol/operations/system.ts';
import type { ManagerClient } from './manager-client.ts';

/** What {@link publicAddress} needs. */
export interface PublicAddressOptions {
  readonly manager: ManagerClient;
  /** The setting `manager.url`, where it is set. */
  readonly set: string | undefined;
  readonly scheme: 'https' | 'wss';
  readonly signal?: AbortSignal | undefined;
}

/**
 * The manager's address as others can reach it, for the lines they are given to run: the setting `manager.url`, the
 * address it was reached at just now, or where it listens. @throws ZedopsError CONFLICT where it listens nowhere.
 */
export async function publicAddress(options: PublicAddressOptions): Promise<string> {
  return (await findAddress(options)).replace(/^(https|wss):/, `${options.scheme}:`);
}

async function findAddress({ manager, set, signal }: PublicAddressOptions): Promise<string> {
  if (set !== undefined) return set;
  if (!manager.isLocal) return manager.name;
  const { listen } = await manager.call(managerShow, {}, signal);
  const place = listen.map((text) => /^(?:\w+:\/\/)?(.*):(\d+)\/?$/.exec(text)).find((match) => match !== null);
  if (!place) throw new ZedopsError('CONFLICT', 'The manager listens nowhere that others could reach');
  const [, address = '', port = ''] = place;
  const isAnywhere = ['', '*', '0.0.0.0', '[::]', '::'].includes(address);
  return `https://${isAnywhere ? hostname() : address}:${port}`;
}
