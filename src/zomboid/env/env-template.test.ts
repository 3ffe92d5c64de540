import { describe, expect, test } from 'vitest';
import { parseEnvTemplate } from './env-template.ts';
import { valueFault } from './env-value.ts';

const template = `# A heading of the file,
# which belongs to no key.

# @section Server

# Password of the admin.
# The game takes it once.
# @title Admin password
# @kind secret @required
ADMIN_PASSWORD=

# @kind integer @min 1 @max 100
MAX_PLAYERS=32

# @section Network
# Port of the game.
# @kind port @choices 0
# PORT=16261

#TZ=UTC
BRANCH='a b' # a comment behind it is nobody's
`;

function faultsOf(text: string): string[] {
  return parseEnvTemplate(text).faults.map(({ line, message }) => `${line}: ${message}`);
}

test('a template says keys, sections, help, kinds and defaults', () => {
  expect(parseEnvTemplate(template)).toEqual({
    faults: [],
    settings: [
      {
        ...{ key: 'ADMIN_PASSWORD', section: 'Server', title: 'Admin password', kind: 'secret' },
        ...{
          help: 'Password of the admin. The game takes it once.',
          fallback: undefined,
          required: true,
          secret: true,
        },
      },
      {
        ...{ key: 'MAX_PLAYERS', section: 'Server', kind: 'integer', help: '', fallback: '32' },
        ...{ required: false, secret: false, min: 1, max: 100 },
      },
      {
        ...{ key: 'PORT', section: 'Network', kind: 'port', help: 'Port of the game.', fallback: undefined },
        ...{ required: false, secret: false, choices: ['0'] },
      },
      { key: 'TZ', section: 'Network', kind: 'text', help: '', fallback: undefined, required: false, secret: false },
      { key: 'BRANCH', section: 'Network', kind: 'text', help: '', fallback: 'a b', required: false, secret: false },
    ],
  });
});

test('line endings and a byte order mark change nothing', () => {
  expect(parseEnvTemplate(`\uFEFF${template.replaceAll('\n', '\r\n')}`)).toEqual(parseEnvTemplate(template));
});

test.each([
  ['an unknown annotation', '# @knid port\nA=1', '1: there is no annotation @knid'],
  ['an unknown kind', '# @kind prot\nA=1', '2: A: @kind is none of port,'],
  ['an annotation above no key', '# @kind port\n\nA=1', '2: @kind stands above no key'],
  ['an annotation at the end', 'A=1\n# @required', '3: @required stands above no key'],
  ['an annotation twice', '# @min 1 @min 2\nA=1', '1: @min is given twice'],
  ['a bound that is no number', '# @min one\nA=1', '2: A: @min is not a number'],
  ['bounds the wrong way round', '# @kind number @min 2 @max 1\nA=1', '2: A: @min is above @max'],
  ['a choice of nothing', '# @kind choice\nA=1', '2: A: a choice needs @choices'],
  ['an empty choice', '# @kind choice @choices a,,b\nA=a', '2: A: @choices has an empty one'],
  ['a key in a comment that was there', 'A=1\n# A=2', '2: A is described twice'],
  ['a key that was there', 'A=1\nA=2', '2: A is given twice'],
  ['a default of several lines', 'A="1\n2"', '1: A: a default has one line'],
  ['a value for @required', '# @required yes\nA=', '2: A: @required takes no value'],
])('%s is a fault', (_, text, expected) => {
  expect(faultsOf(text)[0]).toContain(expected);
});

describe('values are checked by kind', () => {
  const near = (): string => 'exit';
  const check = (annotations: string, value: string): string | undefined => {
    const { settings, faults } = parseEnvTemplate(`# ${annotations}\nA=`);
    expect(faults).toEqual([]);
    const [setting] = settings;
    return setting && valueFault(setting, value, near);
  };

  test.each([
    ['@kind port', ['1024', '16261', '65535', ''], ['0', '1023', '65536', '16261.0', '-1', '1e4', ' 16261', 'x']],
    ['@kind port @choices 0', ['0', '27015'], ['1', '']],
    ['@kind integer @min 0 @max 10', ['0', '10'], ['-1', '11', '1.5', 'one']],
    ['@kind number @min 0', ['0', '0.5', '99999'], ['-0.5', 'NaN', 'Infinity', '1,5', '0x10']],
    ['@kind number @choices max', ['max', '5'], ['min']],
    ['@kind boolean', ['true', 'false', ''], ['True', 'yes', '1', 'on']],
    ['@kind choice @choices exit,oom', ['exit', 'oom'], ['EXIT', 'exti']],
    ['@kind secret @min 8', ['12345678', ''], ['1234567']],
    ['@max 3', ['abc', ''], ['abcd']],
    ['@kind list', ['a;b', '\\A;\\B'], ['a\nb', 'a\0']],
    ['@required', ['x'], ['']],
  ])('%s', (annotations, good, bad) => {
    for (const value of good) expect([value, check(annotations, value)]).toEqual([value, undefined]);
    for (const value of bad.filter((each) => each !== '' || annotations.includes('required'))) {
      expect([value, check(annotations, value)]).not.toEqual([value, undefined]);
    }
  });

  test('what is said never has the value in it', () => {
    for (const kind of ['port', 'integer', 'number', 'boolean', 'secret @max 3', 'text @max 3']) {
      expect(check(`@kind ${kind}`, 'hunter2')).not.toContain('hunter2');
    }
    expect(check('@kind choice @choices exit,oom', 'exti')).toBe('is none of exit, oom; did you mean "exit"?');
  });
});
