import { expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { portBindings, registryAnswer } from './docker-survey.ts';

test('bindings are the ports of the host, and only those that are said', () => {
  expect(
    portBindings({
      '16261/udp': [{ HostIp: '', HostPort: '16271' }],
      '27015/tcp': [
        { HostIp: '127.0.0.1', HostPort: '27015' },
        { HostIp: '::1', HostPort: '27016' },
      ],
      '80/tcp': [{ HostPort: '' }],
      '81/tcp': [{ HostPort: '8000-8010' }],
      '82/sctp': [{ HostPort: '8020' }],
      '83/tcp': null,
    }),
  ).toEqual([
    { port: 16_271, protocol: 'udp' },
    { port: 27_015, protocol: 'tcp' },
    { port: 27_016, protocol: 'tcp' },
  ]);
  expect(portBindings(undefined)).toEqual([]);
  expect(portBindings('nonsense')).toEqual([]);
});

test('a registry that cannot be reached is not one that lacks the image', () => {
  const answer = (code: 'NOT_FOUND' | 'FORBIDDEN' | 'UNREACHABLE' | 'INTERNAL') =>
    registryAnswer(new ZedopsError(code, 'said so')).registry;
  expect([answer('NOT_FOUND'), answer('FORBIDDEN'), answer('UNREACHABLE'), answer('INTERNAL')]).toEqual([
    'has-not',
    'refuses',
    'unreachable',
    'unreachable',
  ]);
  expect(() => registryAnswer(new TypeError('a bug'))).toThrow('a bug');
});
