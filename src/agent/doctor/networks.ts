import type { Finding } from '../../protocol/entities/finding.ts';
import { managedLabel, serverNetworks } from '../spec/spec-build.ts';

/**
 * Finds networks that the containers of this host need and that are gone. `servers` is how many it has: without any, the
 * first one to be created makes them.
 */
export function examineNetworks(networks: readonly string[], servers: number): readonly Finding[] {
  const check = 'networks';
  const missing = serverNetworks.filter((name) => !networks.includes(name));
  if (missing.length === 0) return [{ check, level: 'ok', message: `${serverNetworks.join(' and ')} are there` }];
  if (servers === 0) return [];
  const commands = missing.map((name) => `docker network create --label ${managedLabel}=true ${name}`);
  const message = `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} gone: servers that are on it do not start`;
  return [
    {
      ...{ check, level: 'fail', message },
      fix: `on this host: ${commands.join(' && ')}`,
    },
  ];
}
