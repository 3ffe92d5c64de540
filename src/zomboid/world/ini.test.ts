import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIni, encodeIni, formatIni, iniValue, iniValues, parseIni, withIniValues } from './ini.ts';

const sample = `# Players can hurt each other
PVP=true

# Minimum=0 Maximum=65535 Default=16261
DefaultPort=16261

Mods=\\ModA;\\Mod B
Password=a=b#c
SomeFutureKey=1
server_browser_announced_ip=`;

function change(text: string, values: Record<string, string>): string {
  const changed = withIniValues(parseIni(text), values);
  if ('fault' in changed) throw new Error(changed.fault);
  return formatIni(changed.document);
}

describe('parseIni', () => {
  it('reads keys, and leaves comments and blank lines alone', () => {
    expect([...iniValues(parseIni(sample))]).toEqual([
      ['PVP', 'true'],
      ['DefaultPort', '16261'],
      ['Mods', '\\ModA;\\Mod B'],
      ['Password', 'a=b#c'],
      ['SomeFutureKey', '1'],
      ['server_browser_announced_ip', ''],
    ]);
  });

  it('takes the last value of a key that stands twice', () => {
    expect(iniValue(parseIni('A=1\nA=2\n'), 'A')).toBe('2');
    expect(iniValue(parseIni('A=1'), 'B')).toBeUndefined();
  });

  it('gives any text back unchanged', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('A=1', '#x', '', 'B==', ' C=', '\ufeffD=1'));
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n', '\r'), (lines, ending) => {
        const text = lines.join(ending);
        expect(formatIni(parseIni(text))).toBe(text);
      }),
    );
  });
});

describe('withIniValues', () => {
  it('changes a value in place and touches nothing else', () => {
    expect(change(sample, { DefaultPort: '16271' })).toBe(sample.replace('DefaultPort=16261', 'DefaultPort=16271'));
  });

  it('appends keys that are not there, with the line endings of the file', () => {
    expect(change('A=1\r\nB=2', { C: '3', D: '4' })).toBe('A=1\r\nB=2\r\nC=3\r\nD=4');
    expect(change('A=1\n', { C: '3' })).toBe('A=1\nC=3');
    expect(change('', { C: '3' })).toBe('C=3');
  });

  it('reads back what was set, whatever the text', () => {
    const value = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[A-Za-z]\w{0,8}$/), value), fc.string(), (values, text) => {
        const document = parseIni(change(text, values));
        for (const [key, wanted] of Object.entries(values)) expect(iniValue(document, key)).toBe(wanted);
      }),
    );
  });

  it.each([
    { PublicName: 'x\nRCONPassword=mine' },
    { PublicName: 'x\rRCONPassword=mine' },
    { 'A=1\nB': 'x' },
    { '# A': 'x' },
  ])('refuses what would write other keys: %j', (values) => {
    expect(withIniValues(parseIni(sample), values)).toHaveProperty('fault');
  });
});

describe('decodeIni', () => {
  it('writes back the encoding it found', () => {
    const latin1 = Buffer.from('PublicName=Jürg', 'latin1');
    const decoded = decodeIni(latin1);
    expect(decoded).toEqual({ text: 'PublicName=Jürg', encoding: 'latin1' });
    expect(encodeIni(decoded.text, decoded.encoding)).toEqual(latin1);
    const utf8 = Buffer.from('\ufeffPublicName=Зомби', 'utf8');
    const read = decodeIni(utf8);
    expect(read.encoding).toBe('utf-8');
    expect(encodeIni(read.text, read.encoding)).toEqual(utf8);
  });

  it('loses no character that Latin-1 does not have', () => {
    expect(encodeIni('PublicName=Зомби', 'latin1').toString('utf8')).toBe('PublicName=Зомби');
  });
});
