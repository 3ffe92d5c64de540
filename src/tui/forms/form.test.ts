import { describe, expect, test } from 'vitest';
import { nearest } from '../../platform/did-you-mean.ts';
import { checkEnv } from '../../zomboid/images/image-template.ts';
import { createFields, editFields } from './field.ts';
import { type Form, type FormChange, fieldAt, fieldValue, isTouched, newForm, reduceForm } from './form.ts';
import { bedTemplate } from './form-bed.ts';
import { faultsOf } from './form-checks.ts';
import { createCommand, createRequest, editCommands, editRequest, envFileOf } from './form-requests.ts';
import { firstRow, formRows } from './form-rows.ts';

const template = bedTemplate();
const basics = { hosts: ['box-1', 'box-2'], images: ['game', 'other'], tag: 'latest' };

const fresh = (): Form =>
  newForm(
    createFields(basics, template),
    new Map([
      ['host', 'box-1'],
      ['image', 'game'],
    ]),
  );

const present = new Map([
  ...[['name', 'alpha'] as const, ['image', 'game'] as const, ['tag', 'latest'] as const, ['memory', '4g'] as const],
  ...[['env:ADMIN_PASSWORD', 'set'] as const, ['env:MAX_PLAYERS', '32'] as const, ['env:OLD_KEY', '1'] as const],
]);
const existing = (): Form =>
  newForm(editFields(basics, template, ['ADMIN_PASSWORD', 'MAX_PLAYERS', 'OLD_KEY']), present);

function changed(form: Form, ...changes: readonly FormChange[]): Form {
  return changes.reduce(reduceForm, form);
}

/** Types into a field as a person does. */
function type(form: Form, id: string, text: string): Form {
  return changed(
    form,
    { kind: 'to', id },
    { kind: 'begin' },
    { kind: 'erase', what: 'all' },
    ...[...text].map((letter): FormChange => ({ kind: 'insert', text: letter })),
    { kind: 'accept' },
  );
}

describe('typing', () => {
  test('is checked letter by letter, and taken or left', () => {
    let form = changed(
      fresh(),
      { kind: 'to', id: 'env:MAX_PLAYERS' },
      { kind: 'begin' },
      { kind: 'insert', text: '999' },
    );
    expect(faultsOf(form, template).get('env:MAX_PLAYERS')).toBe('MAX_PLAYERS is not a whole number from 1 to 100');
    expect(faultsOf(changed(form, { kind: 'cancel' }), template).has('env:MAX_PLAYERS')).toBe(false);
    form = changed(form, { kind: 'erase', what: 'before' }, { kind: 'accept' });
    expect(fieldValue(form, 'env:MAX_PLAYERS')).toBe('99');
    expect(faultsOf(form, template).has('env:MAX_PLAYERS')).toBe(false);
  });

  test('goes on where the caret is, whole letters at a time', () => {
    const form = changed(
      fresh(),
      ...[{ kind: 'begin' } as const, { kind: 'insert', text: 'añ🧟 x' } as const],
      ...[{ kind: 'erase', what: 'word' } as const, { kind: 'caret', to: 'left' } as const],
      ...[{ kind: 'erase', what: 'before' } as const, { kind: 'accept' } as const],
    );
    expect(fieldValue(form, 'name')).toBe('añ ');
  });

  test('takes pasted lines of a list as its parts', () => {
    const form = changed(
      fresh(),
      ...[{ kind: 'to', id: 'env:MODS' } as const, { kind: 'begin' } as const],
      ...[{ kind: 'insert', text: 'one\ntwo\r\nthree\n' } as const, { kind: 'accept' } as const],
    );
    expect(fieldValue(form, 'env:MODS')).toBe('one;two;three');
  });

  test('nothing into nothing is nothing; nothing over a default is an empty value', () => {
    expect(isTouched(type(fresh(), 'env:MODS', ''))).toBe(false);
    expect(fieldValue(type(fresh(), 'env:MAX_PLAYERS', ''), 'env:MAX_PLAYERS')).toBe('');
  });
});

test('choices and truths go round', () => {
  const next = { kind: 'cycle', by: 1 } as const;
  const form = changed(fresh(), { kind: 'to', id: 'env:DIFFICULTY' }, next);
  expect(fieldValue(form, 'env:DIFFICULTY')).toBe('hard');
  expect(fieldValue(changed(form, next), 'env:DIFFICULTY')).toBe('easy');
  const pvp = changed(fresh(), { kind: 'to', id: 'env:PVP' }, { kind: 'begin' });
  expect(fieldValue(pvp, 'env:PVP')).toBe('true');
  expect(fieldValue(changed(pvp, next), 'env:PVP')).toBe('false');
});

test('a field is found by its title, its key or its help, in this order', () => {
  const find = (text: string) => fieldAt(changed(fresh(), { kind: 'find', text }))?.id;
  expect(find('port')).toBe('env:GAME_PORT');
  expect(find('max_pl')).toBe('env:MAX_PLAYERS');
  expect(find('hurt each')).toBe('env:PVP');
  expect(find('nothing at all')).toBe('name');
});

test('sections are leapt over, and the ends hold', () => {
  const form = changed(fresh(), { kind: 'section', by: 1 });
  expect(fieldAt(form)?.id).toBe('env:ADMIN_PASSWORD');
  expect(fieldAt(changed(form, { kind: 'section', by: 1 }))?.id).toBe('env:GAME_PORT');
  expect(fieldAt(changed(form, { kind: 'move', by: 999 }, { kind: 'move', by: 1 }))?.id).toBe('env:RCON_PASSWORD');
  expect(fieldAt(changed(form, { kind: 'move', by: -999 }))?.id).toBe('name');
});

describe('faults', () => {
  test('are those of the command line, word by word', () => {
    const form = type(type(fresh(), 'env:GAME_PORT', '80'), 'env:ADMIN_PASSWORD', 'x');
    const told = [...faultsOf(form, template)].filter(([id]) => id.startsWith('env:')).map(([, fault]) => fault);
    const env = { GAME_PORT: '80', ADMIN_PASSWORD: 'x' };
    expect(told.toSorted()).toEqual(
      checkEnv(template, env, nearest)
        .map(({ message }) => message)
        .toSorted(),
    );
    expect(told).toContain('ADMIN_PASSWORD is shorter than 4 characters');
  });

  test('of what a server is besides its env', () => {
    const form = type(type(type(fresh(), 'name', 'Bad Name'), 'memory', '3'), 'cpus', 'many');
    const faults = faultsOf(form, template);
    expect(faults.get('name')).toMatch(/a name has 2 to 32/);
    expect(faults.get('memory')).toBe('"3" is not a size of at least 64m, such as 4g or 512m');
    expect(faults.get('cpus')).toBe('"many" is not a number from 0.1 to 1024');
  });

  test('are none of what a server has and nobody touches', () => {
    expect([...faultsOf(existing(), template)]).toEqual([]);
    expect(faultsOf(type(existing(), 'env:ADMIN_PASSWORD', 'x'), template).get('env:ADMIN_PASSWORD')).toMatch(
      /shorter/,
    );
  });
});

describe('another image', () => {
  test('keeps all that was typed, and says what it does not know', () => {
    const form = type(type(fresh(), 'name', 'alpha'), 'env:DIFFICULTY', '');
    const given = changed(form, { kind: 'fill', values: new Map([['env:DIFFICULTY', 'hard']]) });
    const settings = template.settings.filter(({ key }) => key !== 'DIFFICULTY');
    const other = { ...template, settings };
    const next = changed(given, { kind: 'fields', fields: createFields(basics, other) });
    expect(fieldValue(next, 'name')).toBe('alpha');
    expect(faultsOf(next, other).get('env:DIFFICULTY')).toBe('DIFFICULTY is no setting of the image game');
    expect(changed(next, { kind: 'to', id: 'env:DIFFICULTY' }, { kind: 'clear' }).given.has('env:DIFFICULTY')).toBe(
      false,
    );
  });
});

describe('what is asked for', () => {
  test('of a new server is what was given, and no default', () => {
    const form = type(type(type(fresh(), 'name', 'alpha'), 'env:ADMIN_PASSWORD', 'secret'), 'memory', '4g');
    const limits = { memoryMb: 4096 };
    const env = { ADMIN_PASSWORD: 'secret' };
    expect(createRequest(form)).toEqual({ name: 'alpha', host: 'box-1', image: 'game', env, limits, start: true });
    expect(createCommand(form, 'a b.env')).toBe(
      "zedops server create alpha --host box-1 --image game --env-file 'a b.env' --memory 4g",
    );
  });

  test('of a server that is there is what changed', () => {
    let form = type(type(existing(), 'env:MAX_PLAYERS', '16'), 'env:MODS', "it's");
    form = changed(
      form,
      { kind: 'to', id: 'memory' },
      { kind: 'clear' },
      { kind: 'to', id: 'env:OLD_KEY' },
      { kind: 'clear' },
    );
    const set = { MAX_PLAYERS: '16', MODS: "it's" };
    expect(editRequest(form, 'id')).toEqual({ server: 'id', set, unset: ['OLD_KEY'], memoryMb: null });
    expect(editCommands(type(form, 'name', 'bravo'), 'alpha')).toEqual([
      String.raw`zedops server edit alpha --set MAX_PLAYERS=16 --set 'MODS=it'\''s' --unset OLD_KEY --memory auto`,
      'zedops server rename alpha bravo',
    ]);
  });

  test('has no secret on a command line, and in a file only those that are known', () => {
    const form = type(existing(), 'env:RCON_PASSWORD', 'canary');
    expect(editCommands(form, 'alpha').join()).not.toContain('canary');
    expect(envFileOf(form)).toEqual({
      text: 'MAX_PLAYERS=32\nRCON_PASSWORD=canary\nOLD_KEY=1\n',
      left: ['ADMIN_PASSWORD'],
    });
  });

  test('goes back to what was, where that is typed again', () => {
    expect(isTouched(type(type(existing(), 'env:MAX_PLAYERS', '16'), 'env:MAX_PLAYERS', '32'))).toBe(false);
  });

  test('stays over what others made of the server meanwhile', () => {
    const form = type(existing(), 'env:MAX_PLAYERS', '16');
    const next = changed(form, { kind: 'before', before: new Map([...present, ['env:MAX_PLAYERS', '24']]) });
    expect(fieldValue(next, 'env:MAX_PLAYERS')).toBe('16');
    expect(next.before.get('env:MAX_PLAYERS')).toBe('24');
  });
});

describe('rows', () => {
  const look = {
    width: 60,
    isNew: true,
    faults: new Map<string, string>(),
    isTried: false,
    notes: new Map<string, string>(),
  };
  const textOf = (form: Form): string =>
    formRows(form, look)
      .rows.map((row) => row.map((piece) => (typeof piece === 'string' ? piece : piece[1])).join(''))
      .join('\n');

  test('never show a secret unless it is asked for', () => {
    const form = type(fresh(), 'env:ADMIN_PASSWORD', 'canary');
    expect(textOf(form)).not.toContain('canary');
    expect(textOf(changed(form, { kind: 'reveal' }))).toContain('canary');
    expect(textOf(changed(form, { kind: 'reveal' }, { kind: 'move', by: 1 }))).not.toContain('canary');
    expect(textOf(changed(form, { kind: 'begin' }))).not.toContain('canary');
  });

  test('are moved so far that the field one is at is whole', () => {
    expect(firstRow(0, 4, 50, 10)).toBe(0);
    expect(firstRow(30, 36, 50, 10)).toBe(27);
    expect(firstRow(48, 49, 50, 10)).toBe(40);
  });
});
