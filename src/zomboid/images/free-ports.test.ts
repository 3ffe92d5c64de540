import { describe, expect, it } from 'vitest';
import { movePorts } from './free-ports.ts';

const image = {
  ports: [
    { name: 'game', env: 'GAME', port: 16_261, protocol: 'udp' },
    { name: 'direct', env: 'DIRECT', port: 16_262, protocol: 'udp' },
  ],
  rcon: { env: 'RCON', port: 27_015, password: 'RCON_PASSWORD' },
} as const;
const both = { ports: [...image.ports], rcon: image.rcon };

describe('ports for one more server', () => {
  it('lie after those of the first', () => {
    const env = { GAME: '16261', DIRECT: '16262', RCON: '27015' };
    expect(movePorts(both, env, udp(16_261, 16_262))).toEqual({ GAME: '16263', DIRECT: '16264', RCON: '27017' });
  });

  it('pass over those that are taken, and tell protocols apart', () => {
    const env = { GAME: '16261', DIRECT: '16262', RCON: '27015' };
    const taken = [...udp(16_261, 16_262, 16_264, 27_019), { port: 16_265, protocol: 'tcp' as const }];
    expect(movePorts(both, env, taken)).toEqual({ GAME: '16265', DIRECT: '16266', RCON: '27019' });
  });

  it('begin at what the template says where the env says nothing, and leave RCON off', () => {
    expect(movePorts(both, { RCON: '0' }, [])).toEqual({ GAME: '16263', DIRECT: '16264' });
  });

  it('stay as they are where nothing can move them, or there is no room', () => {
    const fixed = { ports: [{ name: 'game' as const, port: 16_261, protocol: 'udp' as const }] };
    expect(movePorts(fixed, {}, udp(16_261))).toEqual({});
    expect(movePorts(both, { GAME: '65534', DIRECT: '65535' }, [])).toEqual({});
  });
});

function udp(...ports: readonly number[]) {
  return ports.map((port) => ({ port, protocol: 'udp' as const }));
}
