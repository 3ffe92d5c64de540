import { ZedopsError } from '../../protocol/errors.ts';
import { hostList } from '../../protocol/operations/host.ts';
import { imageList } from '../../protocol/operations/image.ts';
import { jobList } from '../../protocol/operations/job.ts';
import { serverList } from '../../protocol/operations/server.ts';
import type { Context } from './command.ts';

/** Things whose names can stand on a command line. */
export const namedThings = ['server', 'host', 'image', 'job', 'profile'] as const;
type NamedThing = (typeof namedThings)[number];

type NamesContext = Pick<Context, 'manager' | 'paths' | 'signal'>;

/** Completion offers what it can find out; a manager that does not answer offers nothing, and the line stays as it is. */
export async function namesOf(thing: NamedThing, context: NamesContext): Promise<readonly string[]> {
  try {
    return await askNames(thing, context);
  } catch (error) {
    if (error instanceof ZedopsError) return [];
    throw error;
  }
}

async function askNames(thing: NamedThing, context: NamesContext): Promise<readonly string[]> {
  if (thing === 'profile') {
    const { readProfiles } = await import('../../client/connect/profiles.ts');
    return (await readProfiles(context.paths)).profiles.map(({ name }) => name);
  }
  const manager = await context.manager();
  switch (thing) {
    case 'server':
      return (await manager.call(serverList, {}, context.signal)).servers.map(({ name }) => name);
    case 'host':
      return (await manager.call(hostList, {}, context.signal)).hosts.map(({ name }) => name);
    case 'image':
      return (await manager.call(imageList, {}, context.signal)).images.map(({ id }) => id);
    case 'job':
      return (await manager.call(jobList, {}, context.signal)).jobs.map(({ id }) => id);
  }
}
