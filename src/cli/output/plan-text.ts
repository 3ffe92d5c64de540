import type { PlanCheck, ServerPlan } from '../../protocol/entities/plan.ts';
import { bytes, type Cell, pairs, table } from './format.ts';
import type { Paint } from './paint.ts';
import { plain } from './talk.ts';

/** A plan for people: what would be made, then each check with what it found and what helps. */
export function planText({ name, host, image, power, ports, limits, checks }: ServerPlan, paint: Paint): string {
  const head = pairs([
    ['server', `${name} on ${host}`],
    ['image', `${image.reference} (template ${image.template}, pull ${image.pull})`],
    ['ports', ports.map(({ name: use, port, protocol }) => `${use} ${port}/${protocol}`).join(', ') || undefined],
    ['memory', limits.memoryMb === undefined ? undefined : bytes(limits.memoryMb * 1024 ** 2)],
    ['cpus', limits.cpus === undefined ? undefined : String(limits.cpus)],
    ['then', power === 'on' ? 'it is started' : 'it stays off'],
  ]);
  const paints = { ok: paint.good, warn: paint.warn, refuse: paint.bad } as const;
  const lines = table(
    [],
    checks.map(({ level, name: what, text }): Cell[] => [{ text: level, paint: paints[level] }, what, text]),
  ).split('\n');
  const told = checks.flatMap(({ level, hint }: PlanCheck, index) => [
    lines[index] ?? '',
    ...(hint === undefined || level === 'ok' ? [] : [`        → ${plain(hint)}`]),
  ]);
  return `${head}\n\n${told.join('\n')}`;
}
