/** A limit as a person writes it: read, or what is wrong with it as the end of a sentence that names where it stands. */
export type ReadLimit = { readonly value: number } | { readonly fault: string };

const mebibytes: Readonly<Record<string, number>> = { m: 1, g: 1024, t: 1024 * 1024 };

/** Reads a size of memory such as `4g` as MiB. */
export function readMemoryLimit(text: string): ReadLimit {
  const match = /^(\d+(?:\.\d+)?)([mgt])i?b?$/i.exec(text.trim());
  const size = Number(match?.[1]) * (mebibytes[match?.[2]?.toLowerCase() ?? ''] ?? Number.NaN);
  if (Number.isInteger(size) && size >= 64) return { value: size };
  return { fault: `"${text}" is not a size of at least 64m, such as 4g or 512m` };
}

/** Reads a number of CPUs such as `1.5`. */
export function readCpuLimit(text: string): ReadLimit {
  const count = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && count >= 0.1 && count <= 1024) return { value: count };
  return { fault: `"${text}" is not a number from 0.1 to 1024` };
}

/** MiB as {@link readMemoryLimit} reads them back: `4g`, `6500m`. */
export function memoryLimitText(megabytes: number): string {
  return megabytes % 1024 === 0 ? `${megabytes / 1024}g` : `${megabytes}m`;
}
