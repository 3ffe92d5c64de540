import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatEnvFile, parseEnvFile } from './env-file.ts';

/** A variable in braces, spelt so that it looks like no template string that lost its backticks. */
const braced = `$${'{HOME}'}`;

function values(text: string): Record<string, string> {
  const { entries, faults } = parseEnvFile(text);
  expect(faults).toEqual([]);
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

function faultsOf(text: string): string[] {
  return parseEnvFile(text).faults.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

describe('what Docker Compose reads', () => {
  test.each([
    ['a plain value', 'A=1', { A: '1' }],
    ['several lines, with empty ones between', '\n\nA=1\n\n  \nB=2\n', { A: '1', B: '2' }],
    ['an empty value', 'A=\nB=', { A: '', B: '' }],
    ['an empty quoted value', 'A=""\nB=\'\'', { A: '', B: '' }],
    ['spaces around key and value', '  A  =  1  \n\tB\t=\t2\t', { A: '1', B: '2' }],
    ['spaces within a value', 'MAP=Muldraugh, KY', { MAP: 'Muldraugh, KY' }],
    ['a colon for an equals sign', 'A: 1\nB:2', { A: '1', B: '2' }],
    ['an equals sign or a colon in a value', 'A=b=c:d==', { A: 'b=c:d==' }],
    ['export', 'export A=1\n  export\tB=2', { A: '1', B: '2' }],
    ['a key that is called export', 'export=1', { export: '1' }],
    ['comments', '# A=0\n  # B=0\nA=1', { A: '1' }],
    ['a comment after a value', 'A=1 # one\nB=2\t# two', { A: '1', B: '2' }],
    ['a hash that begins no comment', 'A=1#2\nB=#3', { A: '1#2', B: '#3' }],
    ['a comment in the place of a value', 'A= # nothing', { A: '' }],
    ['a comment after quotes', 'A="1 # 2" # one\nB=\'3\'# two', { A: '1 # 2', B: '3' }],
    ['single quotes, literally', `A='$HOME \\n " # ${braced}'`, { A: `$HOME \\n " # ${braced}` }],
    ['a single quote in single quotes', "A='it\\'s'", { A: "it's" }],
    ['escapes in double quotes', 'A="1\\n2\\t3\\r4\\"5\\\\6\\$7"', { A: '1\n2\t3\r4"5\\6$7' }],
    ['an unknown escape in double quotes', 'A="C:\\dir\\mods"', { A: 'C:\\dir\\mods' }],
    ['backslashes without quotes', 'MODS=\\ModA;\\nB', { MODS: '\\ModA;\\nB' }],
    ['quotes within a value', 'A=say "hi" and \'ho\'', { A: 'say "hi" and \'ho\'' }],
    ['values over several lines', 'A="1\n2"\nB=\'3\n\n4\'\nC=5', { A: '1\n2', B: '3\n\n4', C: '5' }],
    ['CRLF, also within quotes', 'A=1\r\nB="2\r\n3"\r\nC=\r\n', { A: '1', B: '2\n3', C: '' }],
    ['a byte order mark', '\uFEFFA=1', { A: '1' }],
    ['letters of any language', 'A=Привет 世界 🧟', { A: 'Привет 世界 🧟' }],
    ['a dollar sign that begins no variable', 'A=5$\nB=$5\nC="$ 1"', { A: '5$', B: '$5', C: '$ 1' }],
  ])('%s', (_, text, expected) => {
    expect(values(text)).toEqual(expected);
  });
});

describe('what it refuses', () => {
  const dollar = 'a dollar sign begins a variable here for Docker Compose';
  test.each([
    ['a key without a value', 'A=1\nhunter2', '2:1: this line has no "="; write KEY=value, or KEY= for an empty value'],
    ['a value without a key', '=hunter2', '1:1: there is no key before the "="'],
    ['a key with a space', 'MY KEY=hunter2', '1:1: what stands before the "=" is no name of an environment variable'],
    ['a key with a dash', '  a-b=1', '1:3: what stands before the "=" is no name'],
    ['a key that begins with a digit', '1A=hunter2', '1:1: what stands before the "=" is no name'],
    ['a key that is too long', `${'A'.repeat(129)}=1`, '1:1: what stands before the "=" is no name'],
    ['a key given twice', 'A=1\n\nA=2', '3:1: A is given twice: it stands on line 1 already'],
    [
      'a double quote that is never closed',
      'B=1\nA="hunter2\nC=3\n',
      '2:3: the quote that opens the value of A is never',
    ],
    [
      'a single quote that is never closed',
      "A= 'hunter2\\'",
      '1:4: the quote that opens the value of A is never closed',
    ],
    ['text after a quoted value', 'A="1" hunter2', '1:6: A: there is text after the closing quote'],
    ['the same after several lines', 'A="1\n2"hunter2\nB=3', '2:3: A: there is text after the closing quote'],
    ['a variable', `A=x${braced}`, `1:4: A: ${dollar}`],
    ['a bare variable', 'A=pa$word', `1:5: A: ${dollar}`],
    ['a doubled dollar sign', 'A=pa$$', `1:5: A: ${dollar}`],
    ['a variable in double quotes', 'A="1\n  $HOME"', `2:3: A: ${dollar}`],
    ['a NUL', 'A=1\0hunter2', '1:3: A: the value has a NUL character'],
    ['a carriage return alone', 'A=1\rB=2', '1:3: A: the value has a carriage return without a line feed'],
    ['a value that is too long', `A=${'x'.repeat(65_537)}`, '1:3: A: the value is longer than 65536 characters'],
    ['a file that is too long', '#'.repeat(1024 * 1024 + 1), '1:1: the file is longer than 1048576 characters'],
  ])('%s', (_, text, expected) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(expected);
    expect(faults[0]).not.toContain('hunter2');
  });

  test('all faults are found at once, and what can be read is read', () => {
    const { entries, faults } = parseEnvFile('A=1\nnothing\nB=$X\nC="2"\nC=3\n');
    expect(entries.map(({ key, line, column }) => [key, line, column])).toEqual([
      ['A', 1, 1],
      ['B', 3, 1],
      ['C', 4, 1],
    ]);
    expect(faults.map(({ line }) => line)).toEqual([2, 3, 5]);
  });

  test('a key counts from where it stands', () => {
    expect(parseEnvFile('# one\n\n  export A=1').entries).toEqual([{ key: 'A', value: '1', line: 3, column: 10 }]);
  });

  test('faults and keys are bounded', () => {
    expect(parseEnvFile('x\n'.repeat(5000)).faults.length).toBeLessThanOrEqual(51);
    const many = Array.from({ length: 1001 }, (_, index) => `K${index}=1`).join('\n');
    expect(faultsOf(many)).toEqual(['1001:1: the file has more than 1000 keys']);
  });

  test('a large hostile file is read in time', () => {
    const started = performance.now();
    for (const piece of [' ', '\t#', 'A=" ', "A='\\", 'A=1 # ', '\n', '$', '\\', '=', 'A= ']) {
      parseEnvFile(piece.repeat(1024 * 1024).slice(0, 1024 * 1024));
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('the writer', () => {
  const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
  const awkward = fc.string({
    unit: fc.constantFrom('a', ' ', '#', "'", '"', '\\', '$', '{', '}', '\n', '\r', '=', '\t', 'ü', '🧟', 'n'),
  });
  const value = fc.oneof(fc.string({ unit: 'binary' }), awkward).map((text) => text.replaceAll('\0', ''));
  const env = fc.uniqueArray(fc.record({ key, value }), { selector: (entry) => entry.key, maxLength: 20 });

  test('what it writes is read back the same', () => {
    fc.assert(
      fc.property(env, (entries) => {
        const { entries: read, faults } = parseEnvFile(formatEnvFile(entries));
        expect(faults).toEqual([]);
        expect(read.map((entry) => ({ key: entry.key, value: entry.value }))).toEqual(entries);
      }),
      { numRuns: 500 },
    );
  });

  test('each entry is one line', () => {
    fc.assert(
      fc.property(env, (entries) => {
        expect(formatEnvFile(entries).split('\n')).toHaveLength(entries.length + 1);
      }),
    );
  });

  test('it quotes what needs quotes, and nothing else', () => {
    const entries = [
      { key: 'A', value: '16261' },
      { key: 'B', value: '' },
      { key: 'C', value: 'Muldraugh, KY' },
      { key: 'D', value: 'pa$word' },
      { key: 'E', value: "it's\n$5" },
    ];
    expect(formatEnvFile(entries)).toBe("A=16261\nB=\nC='Muldraugh, KY'\nD='pa$word'\nE=\"it's\\n\\$5\"\n");
  });

  test('it refuses what no env file can say', () => {
    expect(() => formatEnvFile([{ key: 'a b', value: '' }])).toThrow('"a b" is no name of an environment variable');
    expect(() => formatEnvFile([{ key: 'A', value: 'hunter\0' }])).toThrow(/^The value of A has a NUL character$/);
  });
});

test('no text makes it throw, and every fault is at a place of the text', () => {
  const text = fc.string({
    unit: fc.constantFrom('A', '=', '"', "'", '\\', '\n', '\r', '#', ' ', '$', '{', ':', '\0', 'export '),
  });
  fc.assert(
    fc.property(text, (source) => {
      const lines = source.replaceAll('\r\n', '\n').split('\n');
      for (const { line, column } of parseEnvFile(source).faults) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
      }
    }),
    { numRuns: 1000 },
  );
});
