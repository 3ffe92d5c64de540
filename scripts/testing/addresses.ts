import { readFile } from 'node:fs/promises';

/** 65,536 addresses that the machine has no way to yet. The engine's own choice is 31 networks, which others may have used up. */
export async function freeAddresses(): Promise<string> {
  // Destination and mask of each way, as hexadecimal numbers with their bytes turned round.
  const ways = (await readFile('/proc/net/route', 'utf8'))
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .flatMap(([, destination, , , , , , mask]) => (destination && mask ? [[turned(destination), turned(mask)]] : []))
    .filter(([, mask]) => mask !== 0);
  for (let second = 213; second > 0; second -= 1) {
    const base = 10 * 2 ** 24 + second * 2 ** 16;
    const isTaken = ways.some(([destination = 0, mask = 0]) => {
      const common = (mask & 0xffff0000) >>> 0;
      return (base & common) >>> 0 === (destination & common) >>> 0;
    });
    if (!isTaken) return `10.${second}.0.0/16`;
  }
  throw new Error('This machine has a way to every address of 10.0.0.0/8: a Docker engine needs some of its own');
}

function turned(hexadecimal: string): number {
  return Number.parseInt(hexadecimal.match(/../g)?.reverse().join('') ?? '', 16);
}
