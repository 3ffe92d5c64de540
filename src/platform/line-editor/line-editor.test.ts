import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineEditor, type Key, type LineEditor } from './line-editor.ts';

const typed = (text: string): Key[] => [...text].map((sequence) => ({ sequence }));
const control = (name: string): Key => ({ name, ctrl: true, sequence: '' });
const named = (name: string): Key => ({ name, sequence: '' });
const press = (editor: LineEditor, ...keys: readonly Key[]): void => {
  for (const key of keys) editor.press(key);
};

describe('createLineEditor', () => {
  it('moves and erases by letters as people see them', () => {
    const editor = createLineEditor();
    press(editor, { sequence: 'a👩‍👩‍👧é' }, named('backspace'), named('backspace'));
    expect(editor.line).toEqual({ text: 'a', cursor: 1 });
    press(editor, ...typed('bc'), control('a'), named('right'), named('delete'));
    expect(editor.line).toEqual({ text: 'ac', cursor: 1 });
  });

  it('erases words and gives them back', () => {
    const editor = createLineEditor();
    press(editor, ...typed('kick "Old Tom"'), control('w'), control('w'), control('e'), control('y'));
    expect(editor.line.text).toBe('kick "Old ');
    press(editor, control('u'));
    expect(editor.line.text).toBe('');
  });

  it('walks through the history and comes back to what was being typed', () => {
    const editor = createLineEditor(['one', 'two']);
    press(editor, ...typed('dra'), named('up'), named('up'), named('up'));
    expect(editor.line.text).toBe('one');
    press(editor, named('down'), named('down'), named('down'));
    expect(editor.line.text).toBe('dra');
  });

  it('searches backwards, further with each Ctrl-R, and gives up with Ctrl-G', () => {
    const editor = createLineEditor(['kick a', 'save', 'kick b']);
    press(editor, ...typed('dra'), control('r'), ...typed('kick'));
    expect(editor.line.text).toBe('kick b');
    press(editor, control('r'));
    expect(editor.line.text).toBe('kick a');
    press(editor, control('r'));
    expect(editor.search).toEqual({ wanted: 'kick', isFound: false });
    press(editor, named('backspace'));
    expect(editor.line.text).toBe('kick b');
    press(editor, control('g'));
    expect(editor.line.text).toBe('dra');
    expect(editor.search).toBeUndefined();
  });

  it('takes what was found with Enter', () => {
    const editor = createLineEditor(['save']);
    press(editor, control('r'), ...typed('sa'));
    expect(editor.press(named('return'))).toEqual({ kind: 'line', line: 'save' });
  });

  it('clears with Ctrl-C, and leaves with Ctrl-D only where the line is empty', () => {
    const editor = createLineEditor();
    press(editor, ...typed('ab'), control('a'));
    expect(editor.press(control('d'))).toEqual({ kind: 'edited' });
    expect(editor.line.text).toBe('b');
    expect(editor.press(control('c'))).toEqual({ kind: 'cleared' });
    expect(editor.press(control('d'))).toEqual({ kind: 'leave' });
  });

  it('keeps the cursor within the line and takes no control characters, whatever is pressed', () => {
    const names = [
      'left',
      'right',
      'up',
      'down',
      'home',
      'end',
      'backspace',
      'delete',
      'tab',
      'escape',
      'x',
      undefined,
    ];
    const key = fc.record({
      name: fc.oneof(fc.constantFrom(...names), fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz')),
      ctrl: fc.boolean(),
      meta: fc.boolean(),
      sequence: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 3 }), fc.constantFrom('\u001b[31m', '\n', '\u0007')),
    });
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        const editor = createLineEditor(['one', 'twö two']);
        for (const one of keys) {
          editor.press(one);
          const { text, cursor } = editor.line;
          expect(cursor).toBeGreaterThanOrEqual(0);
          expect(cursor).toBeLessThanOrEqual(text.length);
          expect(text).not.toMatch(/[\u0000-\u001f]/);
        }
      }),
    );
  });

  it('stops at the length that a command may have', () => {
    const editor = createLineEditor();
    press(editor, ...Array.from({ length: 1100 }, () => ({ sequence: 'x' })));
    expect(editor.line.text.length).toBe(1024);
  });
});
