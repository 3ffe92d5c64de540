import type { HostPort, TakenPort } from './entities/port.ts';

/** A port as it is written: `16261/udp`. */
export function portText({ port, protocol }: HostPort): string {
  return `${port}/${protocol}`;
}

/** Who has a port, in a few words. */
export function holderText({ holder }: Pick<TakenPort, 'holder'>): string {
  const { kind, name, pid, isStopped, isDeleted } = holder;
  if (kind === 'server') return `${name}${isDeleted ? ' (deleted, not purged)' : ''}`;
  if (kind === 'container') return `container ${name}${isStopped ? ' (stopped)' : ''}`;
  return pid === undefined ? name : `${name} (pid ${pid})`;
}
