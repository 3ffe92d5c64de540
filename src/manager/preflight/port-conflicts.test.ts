import { describe, expect, test } from 'vitest';
import type { TakenPort } from '../../protocol/entities/port.ts';
import { claimedPorts, conflictsAmong, conflictsText, freeHint, freeSets, usualRange } from './port-conflicts.ts';

const held = (port: number, change: Partial<TakenPort> = {}): TakenPort => ({
  port,
  protocol: 'udp',
  holder: { kind: 'server', name: 'alpha', serverId: 's1' },
  ...change,
});

describe('conflicts', () => {
  test('a game port conflicts with the direct port of another, by protocol, and never with its own server', () => {
    const taken = [held(16_261, { use: 'game' }), held(16_262, { use: 'direct' })];
    const wanted = { port: 16_262, protocol: 'udp' } as const;
    expect(conflictsAmong([wanted], taken, undefined)).toMatchObject([{ use: 'direct' }]);
    expect(conflictsAmong([{ ...wanted, protocol: 'tcp' }], taken, undefined)).toEqual([]);
    expect(conflictsAmong([wanted], taken, 's1')).toEqual([]);
  });

  test('RCON takes a port of the host only where servers run as processes', () => {
    const game = { ports: [], rcon: { port: 27_015, passwordKey: 'P' } };
    const facts = {
      ...{ hostname: 'b', platform: 'linux', kernel: '6', cpus: 1, memoryBytes: 1, agentVersion: '1' },
      ...{ nodeVersion: '24', dataRoot: '/srv', clock: '2026-01-01T00:00:00Z' },
    };
    expect(claimedPorts(game, { facts: { ...facts, runtime: { kind: 'docker' } } })).toEqual([]);
    expect(claimedPorts(game, { facts: { ...facts, runtime: { kind: 'process' } } })).toMatchObject([
      { use: 'rcon', port: 27_015, protocol: 'tcp' },
    ]);
  });

  test('are told by holder', () => {
    const process = { kind: 'process', name: 'java', pid: 7 } as const;
    const container = { kind: 'container', name: 'old-pz', isStopped: true } as const;
    const deleted = { kind: 'server', name: 'gone', isDeleted: true } as const;
    const text = conflictsText('beta', 'box-1', [
      held(1),
      held(2),
      held(3, { holder: process }),
      held(4, { holder: container }),
      held(5, { holder: deleted }),
    ]);
    expect(text.split('; ')).toEqual([
      'Ports 1/udp, 2/udp of beta belong to alpha on box-1 already',
      'Port 3/udp of beta is taken on box-1 by java (pid 7)',
      'Port 4/udp of beta belongs to the container old-pz on box-1, which is stopped',
      'Port 5/udp of beta is kept for gone on box-1, which was deleted and is not purged',
    ]);
  });
});

describe('free ports', () => {
  const search = { ...usualRange, count: 2, withRcon: false };

  test('are the first pairs of the range of which neither is taken', () => {
    expect(freeSets([], search)).toEqual([
      { game: 16_261, direct: 16_262 },
      { game: 16_263, direct: 16_264 },
    ]);
    expect(freeSets([held(16_262), held(16_265), held(16_263, { protocol: 'tcp' })], search)).toEqual([
      { game: 16_263, direct: 16_264 },
      { game: 16_267, direct: 16_268 },
    ]);
  });

  test('never reach beyond the range', () => {
    expect(freeSets([], { from: 100, to: 103, step: 2, count: 9, withRcon: false })).toEqual([
      { game: 100, direct: 101 },
      { game: 102, direct: 103 },
    ]);
    expect(freeSets([], { from: 65_535, to: 65_535, step: 2, count: 1, withRcon: false })).toEqual([]);
  });

  test('include one for RCON where it needs one', () => {
    const taken = [held(27_015, { protocol: 'tcp' })];
    expect(freeSets(taken, { ...search, withRcon: true }).map(({ rcon }) => rcon)).toEqual([27_016, 27_017]);
    expect(freeHint('box-1', freeSets(taken, { ...search, withRcon: true }))).toBe(
      'free on box-1: 16261 and 16262, and 27016 for RCON; set them in the env file',
    );
  });
});
