/** A length of time in a few cells: `42s`, `7m`, `2h10m`, `3d4h`. */
export function shortSpan(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m`;
  if (whole < 86_400) return joined(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'm');
  return joined(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

/** A time of day as the person's own clock shows it: `15:04:05`. Empty for what is no time. */
export function timeOfDay(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Makes a {@link timeOfDay} for lines of a log, most of which are of the same second as the one before. */
export function createTimeOfLine(): (iso: string) => string {
  let [second, shown] = ['', ''];
  return (iso) => {
    if (!iso.endsWith('Z')) return timeOfDay(iso);
    if (!iso.startsWith(second) || second === '') [second, shown] = [iso.slice(0, 19), timeOfDay(iso)];
    return shown;
  };
}

/** A day and a time of it as the person's own clock shows it: `2026-11-21 15:04`. Undefined for what is no time. */
export function dayAndTime(iso: string | undefined): string | undefined {
  const at = new Date(iso ?? '');
  if (Number.isNaN(at.getTime())) return undefined;
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${timeOfDay(at.toISOString()).slice(0, 5)}`;
}
