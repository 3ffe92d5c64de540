import { expect, test } from 'vitest';
import { addressGroup, plainAddress } from './address.ts';

test('an IPv4 address in IPv6 wrapping is shown plainly', () => {
  expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(plainAddress('192.0.2.1')).toBe('192.0.2.1');
  expect(plainAddress('::1')).toBe('::1');
  expect(plainAddress(undefined)).toBe('unknown');
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['socket', 'socket'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('%s is counted under %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});
