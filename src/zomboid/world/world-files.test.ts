import { describe, expect, test } from 'vitest';
import { headBytes, isMapChunk, readSqliteHead, readWorldVersion, saveFolders } from './world-files.ts';

function sqliteHead(change: (view: DataView) => void = () => undefined): Uint8Array {
  const head = new Uint8Array(headBytes);
  head.set(new TextEncoder().encode('SQLite format 3\0'));
  const view = new DataView(head.buffer);
  view.setUint16(16, 4096);
  view.setUint32(24, 7);
  view.setUint32(28, 3);
  view.setUint32(92, 7);
  change(view);
  return head;
}

describe('the header of a database', () => {
  test.each([
    ['as SQLite writes it', sqliteHead(), 3 * 4096, 'about'],
    ['with pages of 64 KiB', sqliteHead((view) => view.setUint16(16, 1)), 3 * 65_536, 'about'],
    ['with a count of pages that an old program left', sqliteHead((view) => view.setUint32(92, 6)), 4096, 'about'],
    ['cut short', sqliteHead(), 3 * 4096 - 1, 'fault'],
    ['of an empty file', new Uint8Array(0), 0, 'fault'],
    ['of a file shorter than it', sqliteHead().subarray(0, 50), 50, 'fault'],
    ['of something else', new Uint8Array(headBytes), 4096, 'fault'],
    ['with a page size that is none', sqliteHead((view) => view.setUint16(16, 1000)), 3000, 'fault'],
  ])('%s', (_, head, size, outcome) => {
    expect(Object.keys(readSqliteHead(head, size))).toEqual([outcome]);
  });

  test('is read where it stands in a larger buffer', () => {
    const whole = new Uint8Array(300);
    whole.set(sqliteHead(), 150);
    expect(readSqliteHead(whole.subarray(150, 250), 3 * 4096)).toEqual({ about: 'SQLite database' });
  });
});

test('the version of a world', () => {
  const head = Uint8Array.of(0x47, 0x4d, 0x54, 0x4d, 0, 0, 0, 195);
  expect(readWorldVersion(head, 8)).toEqual({ about: 'world version 195' });
  expect(readWorldVersion(head.subarray(0, 5), 5)).toHaveProperty('fault');
  expect(readWorldVersion(new Uint8Array(8), 8)).toHaveProperty('fault');
});

test('pieces of the map, of both builds', () => {
  expect(['map_10_-3.bin', 'map/10/3.bin'].map(isMapChunk)).toEqual([true, true]);
  expect(['map_t.bin', 'map_meta.bin', 'map/10.bin', 'chunkdata_1_2.bin', 'x/map_1_2.bin'].some(isMapChunk)).toBe(
    false,
  );
});

test('the save folder of a name with a space', () => {
  expect(saveFolders('my world')).toEqual(['Saves/Multiplayer/my world', 'Saves/Multiplayer/my_world']);
  expect(saveFolders('alpha')).toEqual(['Saves/Multiplayer/alpha']);
});
