import type { Runtime, RuntimeContainer } from '../runtime/runtime.ts';

/** The containers of one server: the one in force, and those a replacement has put beside it. */
export interface Standing {
  /** The one that is the server. */
  readonly inPlace: RuntimeContainer | undefined;
  /** The one that was it before, stopped, until the new one is ready. */
  readonly aside: RuntimeContainer | undefined;
  /** Those made to take its place, which never ran. */
  readonly coming: readonly RuntimeContainer[];
}

/** Names of servers and templates have no dots, so that nothing else is called so. */
const besideName = /\.(old|new)-[A-Za-z0-9_-]+$/;
const mostOfId = 12;

/** What a container is called that waits, stopped, in case the one in its place fails. `id` is the request's. */
export function asideName(name: string, id: string): string {
  return `${nameInPlace(name)}.old-${id.slice(-mostOfId)}`;
}

/** What a container is called that is about to take another's place. */
export function comingName(name: string, id: string): string {
  return `${name}.new-${id.slice(-mostOfId)}`;
}

/** The name of a container without what was put behind it. */
export function nameInPlace(name: string): string {
  return name.replace(besideName, '');
}

/** Says whether a container of this name is the server, and not one put beside it. */
export function isInPlace({ name }: Pick<RuntimeContainer, 'name'>): boolean {
  return !besideName.test(name);
}

/** Says whether a game is in a container: it runs, or would go on. */
export function isUp({ status }: Pick<RuntimeContainer, 'status'>): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}

/** Looks at all containers of a server. */
export async function standingOf(runtime: Pick<Runtime, 'list' | 'inspect'>, serverId: string): Promise<Standing> {
  const listed = (await runtime.list()).filter((each) => each.serverId === serverId);
  const looked = await Promise.all(listed.map(({ id }) => runtime.inspect(id)));
  const containers = looked.filter((container) => container !== undefined);
  return {
    inPlace: containers.find(isInPlace),
    aside: containers.find(({ name }) => name.includes('.old-')),
    coming: containers.filter(({ name }) => name.includes('.new-')),
  };
}
