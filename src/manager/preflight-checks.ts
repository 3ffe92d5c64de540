import type { DiskRoom, HostReadiness, PlanCheck } from '../protocol/entities/plan.ts';
import type { ServerLimits } from '../protocol/entities/server.ts';
import type { DraftServer } from './new-server.ts';
import type { HostRecord } from './store/hosts.ts';
import type { ServerRecord } from './store/servers.ts';

const gib = 1024 ** 3;

/**
 * Checks the room for image, game and world. What the first start cannot do without refuses; what a world and its mods
 * grow into only warns. `isOwn`: the server's files may be there already, so that nothing is refused.
 */
export function checkDisk(found: HostReadiness, { disk: needs }: DraftServer, isOwn: boolean): PlanCheck {
  const { disk, imageDisk, image } = found;
  const imageBytes = image?.isPresent === false ? (needs?.imageGb ?? 0) * gib : 0;
  const serverBytes = (needs?.gameGb ?? 0) * gib + (imageDisk ? 0 : imageBytes);
  const worldBytes = (needs?.worldGb ?? 0) * gib;
  if (imageDisk && imageBytes > imageDisk.freeBytes) {
    return noRoom(imageDisk, imageBytes, 'the image');
  }
  if (serverBytes > disk.freeBytes && !isOwn) return noRoom(disk, serverBytes, 'image and game');
  const free = `${size(disk.freeBytes)} free at ${disk.path}`;
  if (!needs) return { name: 'disk', level: 'ok', text: `${free}; what the image needs is not known` };
  if (serverBytes + worldBytes <= disk.freeBytes) {
    return { name: 'disk', level: 'ok', text: `${free}; it needs ${size(serverBytes + worldBytes)}` };
  }
  return {
    ...{ name: 'disk', level: 'warn' },
    text: `${free}; it starts with ${size(serverBytes)} and is to have ${size(serverBytes + worldBytes)} for its world and mods`,
    hint: 'free some space, or move agent.dataRoot to a larger disk',
  };
}

function noRoom({ path, freeBytes }: DiskRoom, needed: number, what: string): PlanCheck {
  return {
    ...{ name: 'disk', level: 'refuse', code: 'CONFLICT' },
    text: `${what} need ${size(needed)}, and ${path} has ${size(freeBytes)} free`,
    hint: 'free some space, or move agent.dataRoot to a larger disk',
  };
}

/** Checks the limit against the host's memory, alone and together with the limits of the servers that are there. */
export function checkMemory(host: HostRecord, servers: readonly ServerRecord[], { memoryMb }: ServerLimits): PlanCheck {
  const total = host.facts?.memoryBytes;
  if (total === undefined) return { name: 'memory', level: 'ok', text: `the memory of ${host.name} is not known` };
  const there = servers.filter(({ deletedAt }) => deletedAt === undefined);
  const limited = there.flatMap(({ limits }) => limits.memoryMb ?? []);
  const promised = limited.reduce((sum, megabytes) => sum + megabytes, 0) * 1024 ** 2;
  const others =
    limited.length === 0
      ? ''
      : `; ${limited.length === 1 ? 'another server' : `${limited.length} others`} may take ${size(promised)}`;
  if (memoryMb === undefined) {
    return { name: 'memory', level: 'ok', text: `no limit, on a host of ${size(total)}${others}` };
  }
  const limit = memoryMb * 1024 ** 2;
  const text = `limit ${size(limit)}, on a host of ${size(total)}${others}`;
  if (limit > total) {
    return {
      ...{ name: 'memory', level: 'refuse', code: 'CONFLICT' },
      text: `the memory limit of ${size(limit)} is more than ${host.name} has: ${size(total)}`,
      hint: 'give --memory a smaller size, or choose another host',
    };
  }
  if (limit + promised <= total) return { name: 'memory', level: 'ok', text };
  return {
    ...{ name: 'memory', level: 'warn', text },
    hint: 'together they may take more than there is, and the kernel then kills one of them',
  };
}

/** Checks that the image runs on this kind of host; empty where all is well. */
export function checkRuntime({ server, runtimes }: DraftServer, host: HostRecord): readonly PlanCheck[] {
  const kind = host.facts?.runtime.kind;
  if (kind === undefined || runtimes.includes(kind)) return [];
  return [
    {
      ...{ name: 'image', level: 'refuse', code: 'UNSUPPORTED' },
      text: `the image ${server.image.template} runs in containers only, and ${host.name} runs servers as processes`,
      hint: 'choose a host with Docker, or another image',
    },
  ];
}

/** Checks that the image can be had when it is needed. */
export function checkImage({ image }: HostReadiness, draft: DraftServer, host: HostRecord): PlanCheck {
  const { reference, pull } = draft.server.image;
  const [misfit] = checkRuntime(draft, host);
  if (misfit) return misfit;
  if (!image) return { name: 'image', level: 'ok', text: 'runs as a process; nothing is pulled' };
  const { isPresent, registry, problem } = image;
  const why = problem === undefined ? '' : `: ${problem}`;
  const onHost = `docker pull or docker load ${reference} on ${host.name}`;
  if (isPresent && registry === undefined) {
    return { name: 'image', level: 'ok', text: `${reference} is on ${host.name}` };
  }
  if (pull === 'never') {
    return {
      ...{ name: 'image', level: 'refuse', code: 'NOT_FOUND', hint: onHost },
      text: `The image ${reference} is not on ${host.name}, and is never pulled`,
    };
  }
  switch (registry) {
    case 'has-it':
      return { name: 'image', level: 'ok', text: `${reference} will be pulled; its registry has it` };
    case 'has-not':
      return {
        ...{ name: 'image', level: 'refuse', code: 'NOT_FOUND', hint: onHost },
        text: `The registry has no image ${reference}${why}`,
      };
    case 'refuses':
      return {
        ...{
          name: 'image',
          level: 'refuse',
          code: 'FORBIDDEN',
          hint: `a private image must be there already: ${onHost}`,
        },
        text: `The registry does not let ${host.name} have the image ${reference}${why}`,
      };
    default:
      return {
        ...{ name: 'image', level: 'warn', hint: onHost },
        text: `whether ${reference} can be pulled is not known${why}`,
      };
  }
}

/** Checks the server's folder: empty, or to be taken over, or the server's own from an earlier try. */
export function checkData(
  { folder: { path, state, hasWorld } }: HostReadiness,
  {
    data,
    draft,
    host,
  }: { readonly data: 'new' | 'existing' | 'own'; readonly draft: DraftServer; readonly host: HostRecord },
): PlanCheck {
  const where = `${path} on ${host.name}`;
  if (state === 'in-the-way') {
    return {
      ...{ name: 'data', level: 'refuse', code: 'CONFLICT' },
      text: `${where} is not a folder`,
      hint: 'move it away, or choose another name',
    };
  }
  const isOccupied = state === 'occupied';
  if (data === 'own') {
    return { name: 'data', level: 'ok', text: isOccupied ? `${where} goes on being used` : `${where} will be made` };
  }
  if (data === 'new') {
    if (!isOccupied) return { name: 'data', level: 'ok', text: `${where} is ${state === 'empty' ? 'empty' : 'free'}` };
    return {
      ...{ name: 'data', level: 'refuse', code: 'CONFLICT' },
      text: `${where} holds ${hasWorld ? 'a world' : 'files'} already`,
      hint: 'add --use-existing-data to take it over, or choose another name',
    };
  }
  if (!isOccupied) {
    return {
      ...{ name: 'data', level: 'refuse', code: 'NOT_FOUND' },
      text: `there is nothing to take over at ${where}`,
      hint: 'leave out --use-existing-data to begin a new world',
    };
  }
  if (hasWorld) return { name: 'data', level: 'ok', text: `${where} and its world are taken over` };
  return {
    ...{ name: 'data', level: 'warn' },
    text: `${where} is taken over, but it holds no world named ${draft.server.game.worldName}`,
  };
}

function size(bytes: number): string {
  return bytes < gib ? `${Math.round(bytes / 1024 ** 2)} MiB` : `${(bytes / gib).toFixed(1)} GiB`;
}
