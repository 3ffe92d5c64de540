import { expect, test } from 'vitest';
import { createSendWindow, type SendWindow } from './window.ts';

const most = (window: SendWindow, isUrgent = false): number => {
  for (let count = 1; ; count += 1) if (!window.hasRoom({ count, bytes: 36 * count }, 36, isUrgent)) return count;
};

test('is small at first, and no wider for a server that answers late', () => {
  const window = createSendWindow();
  expect(most(window)).toBe(8);
  for (let answer = 0; answer < 1_000; answer += 1) window.answered(100, true);
  expect(most(window)).toBe(8);
});

test('widens while a server keeps up and more is waiting, to an end; and narrows where it falls behind', () => {
  const window = createSendWindow();
  for (let answer = 0; answer < 100; answer += 1) window.answered(1, false);
  expect(most(window)).toBe(8);
  for (let answer = 0; answer < 1_000; answer += 1) window.answered(1, true);
  expect(most(window)).toBe(256);
  for (let answer = 0; answer < 3; answer += 1) window.answered(2_000, true);
  expect(most(window)).toBe(32);
});

test('lets urgent ones past, and counts bytes', () => {
  const window = createSendWindow();
  expect(most(window, true)).toBe(16);
  expect(window.hasRoom({ count: 1, bytes: 1_000 }, 300, false)).toBe(false);
  expect(window.hasRoom({ count: 0, bytes: 0 }, 4_000, false)).toBe(true);
});

test('lets one out at a time for ever after something went wrong', () => {
  const window = createSendWindow();
  window.narrow();
  for (let answer = 0; answer < 1_000; answer += 1) window.answered(1, true);
  expect(most(window)).toBe(1);
  expect(most(window, true)).toBe(1);
  expect(window.hasRoom({ count: 0, bytes: 0 }, 40, false)).toBe(true);
});
