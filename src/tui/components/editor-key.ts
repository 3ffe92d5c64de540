import type { Key } from '../../platform/line-editor/line-editor.ts';

/** A key of the screens as an editor of lines takes it: `ctrl+r` is R with Control, a paste is typed on one line. */
export function editorKey(name: string, text: string | undefined): Key {
  if (name === 'paste') return { sequence: (text ?? '').trim().replace(/\s+/g, ' ') };
  const [, held, base = ''] = /^(ctrl\+|alt\+)?(.+)$/s.exec(name) ?? [];
  return {
    name: base,
    ctrl: held === 'ctrl+',
    meta: held === 'alt+',
    ...(text === undefined ? {} : { sequence: text }),
  };
}
