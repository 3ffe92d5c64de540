/** How an image wants the size of Java's heap: as Java does (`4096m`, `4g`), or as a bare number of gigabytes or megabytes. */
export type MemoryUnit = 'java' | 'gigabytes' | 'megabytes';

const mebibyte = 1024 ** 2;
const factors: Readonly<Record<string, number>> = {
  '': 1 / mebibyte,
  k: 1024 / mebibyte,
  m: 1,
  g: 1024,
  t: 1024 ** 2,
};

/** A heap size in MiB, rounded up. Undefined for what is no such size, or no possible one. */
export function heapMegabytes(value: string, unit: MemoryUnit): number | undefined {
  const [, digits = '', suffix = ''] = /^(\d{1,15})([kmgt]?)$/i.exec(value) ?? [];
  if (digits === '' || (unit !== 'java' && suffix !== '')) return undefined;
  const factor = unit === 'java' ? factors[suffix.toLowerCase()] : unit === 'gigabytes' ? 1024 : 1;
  const megabytes = Math.ceil(Number(digits) * (factor ?? 0));
  return megabytes >= 1 && megabytes <= mostMegabytes ? megabytes : undefined;
}

/** As much as a server's limit may be. */
const mostMegabytes = 4_194_304;

/** What {@link heapMegabytes} reads, for a message. */
export const memoryExamples: Readonly<Record<MemoryUnit, string>> = {
  java: 'a size such as 4096m or 4g',
  gigabytes: 'a whole number of gigabytes',
  megabytes: 'a whole number of megabytes',
};
