import type { EnvSetting } from './env-template.ts';

/** Finds the word nearest to a mistyped one. */
export type Nearest = (word: string, known: Iterable<string>) => string | undefined;

/** Ports below this need rights that no game server has. */
const lowestPort = 1024;
const highestPort = 65_535;

/**
 * Says what is wrong with a value of a setting, as the end of a sentence that begins with its key, or nothing. The value
 * is never part of it.
 */
export function valueFault(setting: EnvSetting, value: string, nearest: Nearest): string | undefined {
  if (/[\r\n\0]/.test(value)) return 'has a line break or a NUL in it; what games take are single lines';
  if (value === '') return setting.required ? 'is empty, and the image needs it' : undefined;
  if (setting.kind !== 'choice' && setting.choices?.includes(value)) return undefined;
  const besides = setting.choices === undefined ? '' : ` or ${setting.choices.join(', ')}`;
  switch (setting.kind) {
    case 'port': {
      const [low, high] = [setting.min ?? lowestPort, setting.max ?? highestPort];
      return wholeWithin(value, low, high) ? undefined : `is not a port from ${low} to ${high}${besides}`;
    }
    case 'integer':
    case 'number':
      return numberFault(setting, value, besides);
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : `is neither true nor false${besides}`;
    case 'choice': {
      const choices = setting.choices ?? [];
      if (choices.includes(value)) return undefined;
      const near = nearest(value, choices);
      return `is none of ${choices.join(', ')}${near === undefined ? '' : `; did you mean "${near}"?`}`;
    }
    case 'list':
    case 'secret':
    case 'text':
      return lengthFault(setting, value);
  }
}

function numberFault({ kind, min, max }: EnvSetting, value: string, besides: string): string | undefined {
  const wanted = kind === 'integer' ? /^-?\d{1,10}$/ : /^-?\d{1,10}(\.\d{1,6})?$/;
  const number = Number(value);
  if (wanted.test(value) && number >= (min ?? -Infinity) && number <= (max ?? Infinity)) return undefined;
  const what = kind === 'integer' ? 'a whole number' : 'a number';
  const range =
    min !== undefined && max !== undefined
      ? ` from ${min} to ${max}`
      : min !== undefined
        ? ` of at least ${min}`
        : max !== undefined
          ? ` of at most ${max}`
          : '';
  return `is not ${what}${range}${besides}`;
}

function lengthFault({ min, max }: EnvSetting, value: string): string | undefined {
  if (min !== undefined && value.length < min) return `is shorter than ${min} characters`;
  if (max !== undefined && value.length > max) return `is longer than ${max} characters`;
  return undefined;
}

function wholeWithin(value: string, low: number, high: number): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) >= low && Number(value) <= high;
}
