import type { DesiredServer } from '../../protocol/entities/server.ts';

/** A server for tests: `alpha` of the simulator, with no port and no console. */
export function testServer(change: Partial<DesiredServer> = {}): DesiredServer {
  return {
    id: 's1',
    name: 'alpha',
    revision: 1,
    power: 'on',
    image: { template: 'simulator', reference: 'zedops-simulator:latest', pull: 'never' },
    env: {},
    secretKeys: [],
    game: { worldName: 'alpha', ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
    limits: {},
    deleted: false,
    ...change,
  };
}
