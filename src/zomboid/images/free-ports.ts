import type { ImageDefinition } from './image.ts';

/** A port somebody has. */
export interface TakenPort {
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
}

const highest = 65_535;
const mostTries = 2000;

/**
 * Finds ports for one more server that is as another one: all of them move by the same number, so that they keep their
 * distances, until none is taken. RCON's moves along, for hosts where servers share one address.
 * @returns the env with them; only what an env key says can move. Empty where there is none to be found: whoever takes
 * the ports checks them anyway and names who has them.
 */
export function movePorts(
  image: Pick<ImageDefinition, 'ports' | 'rcon'>,
  env: Readonly<Record<string, string>>,
  taken: readonly TakenPort[],
): Readonly<Record<string, string>> {
  const { ports, rcon } = image;
  const all = [...ports, ...(rcon ? [{ ...rcon, protocol: 'tcp' as const }] : [])];
  const movable = all.flatMap(({ env: key, port, protocol }) => {
    const now = key === undefined ? undefined : Number(env[key] || port);
    // RCON on port 0 is off, and stays so.
    return key === undefined || now === undefined || now === 0 ? [] : [{ key, now, protocol }];
  });
  const inUse = new Set(taken.map(({ port, protocol }) => `${port}/${protocol}`));
  // Ports side by side move by as many as there are, so that those of several clones lie one after another.
  const stride = ports.length;
  for (let by = stride; by <= stride * mostTries; by += stride) {
    const moved = movable.map(({ key, now, protocol }) => ({ key, protocol, port: now + by }));
    if (moved.some(({ port }) => port > highest)) return {};
    if (moved.every(({ port, protocol }) => !inUse.has(`${port}/${protocol}`))) {
      return Object.fromEntries(moved.map(({ key, port }) => [key, String(port)]));
    }
  }
  return {};
}
