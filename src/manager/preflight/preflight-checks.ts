import type { DiskRoom, HostReadiness, PlanCheck } from '../../protocol/entities/plan.ts';
import type { ServerLimits } from '../../protocol/entities/server.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { DraftServer } from '../servers/new-server.ts';
import type { HostRecord } from '../store/hosts.ts';
import type { ServerRecord } from '../store/servers.ts';
import type { PreflightRequest } from './preflight-request.ts';

const gib = 1024 ** 3;

const moreRoom = 'free some space, or move agent.dataRoot to a larger disk';

/** A check that found nothing wrong. */
export function passes(name: PlanCheck['name'], text: string): PlanCheck {
  return { name, level: 'ok', text };
}

/** A check that found what may go wrong later. */
export function warns(name: PlanCheck['name'], text: string, hint?: string): PlanCheck {
  return { name, level: 'warn', text, ...(hint === undefined ? {} : { hint }) };
}

/** A check that found why it cannot be done. `code` is that of the error a create ends with. */
export function refuses(name: PlanCheck['name'], code: ErrorCode, text: string, hint?: string): PlanCheck {
  return { name, level: 'refuse', code, text, ...(hint === undefined ? {} : { hint }) };
}

/**
 * Checks the room for image, game and world. What the first start cannot do without refuses; what a world and its mods
 * grow into only warns. `isOwn`: the server's files may be there already, so that only the image counts.
 */
export function checkDisk(found: HostReadiness, { disk: needs }: DraftServer, isOwn: boolean): PlanCheck {
  const { disk, imageDisk, image, otherDisks = [] } = found;
  const imageBytes = image?.isPresent === false ? (needs?.imageGb ?? 0) * gib : 0;
  const gameBytes = isOwn ? 0 : (needs?.gameGb ?? 0) * gib;
  const serverBytes = gameBytes + (imageDisk ? 0 : imageBytes);
  const wantedBytes = serverBytes + (needs?.worldGb ?? 0) * gib;
  if (imageDisk && imageBytes > imageDisk.freeBytes) return noRoom(imageDisk, imageBytes, 'the image needs');
  if (serverBytes > disk.freeBytes) {
    return noRoom(
      disk,
      serverBytes,
      'image and game need',
      otherDisks.find(({ freeBytes }) => freeBytes > serverBytes),
    );
  }
  const free = `${size(disk.freeBytes)} free at ${disk.path}`;
  if (!needs) return passes('disk', `${free}; what the image needs is not known`);
  if (wantedBytes <= disk.freeBytes) return passes('disk', `${free}; it needs ${size(wantedBytes)}`);
  const text = `${free}; it begins with ${size(serverBytes)}, and is to have ${size(wantedBytes)} with its world and mods`;
  return warns('disk', text, moreRoom);
}

function noRoom({ path, freeBytes }: DiskRoom, needed: number, what: string, roomier?: DiskRoom): PlanCheck {
  const text = `${what} ${size(needed)}, and ${path} has ${size(freeBytes)} free`;
  const elsewhere = roomier && `${roomier.path} has ${size(roomier.freeBytes)} free: move a server there (server move)`;
  return refuses('disk', 'CONFLICT', text, elsewhere ?? moreRoom);
}

/** Checks the limit against the host's memory, alone and together with the limits of the servers that are there. */
export function checkMemory(host: HostRecord, servers: readonly ServerRecord[], { memoryMb }: ServerLimits): PlanCheck {
  const total = host.facts?.memoryBytes;
  if (total === undefined) return passes('memory', `the memory of ${host.name} is not known`);
  const limited = servers
    .filter(({ deletedAt }) => deletedAt === undefined)
    .flatMap(({ limits }) => limits.memoryMb ?? []);
  const promised = limited.reduce((sum, megabytes) => sum + megabytes, 0) * 1024 ** 2;
  const who = limited.length === 1 ? 'another server' : `${limited.length} others`;
  const others = limited.length === 0 ? '' : `; ${who} may take ${size(promised)}`;
  if (memoryMb === undefined) return passes('memory', `no limit, on a host of ${size(total)}${others}`);
  const limit = memoryMb * 1024 ** 2;
  const text = `limit ${size(limit)}, on a host of ${size(total)}${others}`;
  if (limit > total) {
    const tooMuch = `the memory limit of ${size(limit)} is more than ${host.name} has: ${size(total)}`;
    return refuses('memory', 'CONFLICT', tooMuch, 'give --memory a smaller size, or choose another host');
  }
  if (limit + promised <= total) return passes('memory', text);
  return warns('memory', text, 'together they may take more than there is, and the kernel then kills one of them');
}

/** Checks that the image runs on this kind of host; empty where all is well. */
export function checkRuntime({ server, runtimes }: DraftServer, host: HostRecord): readonly PlanCheck[] {
  const kind = host.facts?.runtime.kind;
  if (kind === undefined || runtimes.includes(kind)) return [];
  const text = `the image ${server.image.template} runs in containers only, and ${host.name} runs servers as processes`;
  return [refuses('image', 'UNSUPPORTED', text, 'choose a host with Docker, or another image')];
}

/** Checks that the image can be had when it is needed. */
export function checkImage({ image }: HostReadiness, draft: DraftServer, host: HostRecord): PlanCheck {
  const { reference, pull } = draft.server.image;
  const [misfit] = checkRuntime(draft, host);
  if (misfit) return misfit;
  if (!image) return passes('image', 'runs as a process; nothing is pulled');
  const { isPresent, registry, problem } = image;
  if (isPresent && registry === undefined) return passes('image', `${reference} is on ${host.name}`);
  const why = problem === undefined ? '' : `: ${problem}`;
  const onHost = `docker pull or docker load ${reference} on ${host.name}`;
  if (pull === 'never') {
    return refuses('image', 'NOT_FOUND', `The image ${reference} is not on ${host.name}, and is never pulled`, onHost);
  }
  switch (registry) {
    case 'has-it':
      return passes('image', `${reference} will be pulled; its registry has it`);
    case 'has-not':
      return refuses('image', 'NOT_FOUND', `The registry has no image ${reference}${why}`, onHost);
    case 'refuses': {
      const text = `The registry does not let ${host.name} have the image ${reference}${why}`;
      return refuses('image', 'FORBIDDEN', text, `a private image must be there already: ${onHost}`);
    }
    default:
      return warns('image', `whether ${reference} can be pulled is not known${why}`, onHost);
  }
}

/** Checks the server's folder: empty, or to be taken over, or the server's own from an earlier try. */
export function checkData(
  { folder: { path, state, hasWorld, alsoAt = [] } }: HostReadiness,
  { data, draft, host }: PreflightRequest,
): PlanCheck {
  const where = `${path} on ${host.name}`;
  if (state === 'in-the-way') {
    return refuses('data', 'CONFLICT', `${where} is not a folder`, 'move it away, or choose another name');
  }
  const isOccupied = state === 'occupied';
  switch (data) {
    case 'own':
      return passes('data', isOccupied ? `${where} goes on being used` : `${where} will be made`);
    case 'new': {
      const free = `${where} is ${state === 'empty' ? 'empty' : 'free'}`;
      if (!isOccupied && alsoAt.length > 0) {
        return warns(
          'data',
          `${free}; ${alsoAt.join(', ')} holds files`,
          'look whose they are: a move there is refused',
        );
      }
      if (!isOccupied) return passes('data', free);
      const text = `${where} holds ${hasWorld ? 'a world' : 'files'} already`;
      return refuses('data', 'CONFLICT', text, 'add --use-existing-data to take it over, or choose another name');
    }
    case 'existing': {
      if (isOccupied && hasWorld) return passes('data', `${where} and its world are taken over`);
      const { worldName } = draft.server.game;
      if (isOccupied) return warns('data', `${where} is taken over, but it holds no world named ${worldName}`);
      const hint = 'leave out --use-existing-data to begin a new world';
      return refuses('data', 'NOT_FOUND', `there is nothing to take over at ${where}`, hint);
    }
  }
}

function size(bytes: number): string {
  return bytes < gib ? `${Math.round(bytes / 1024 ** 2)} MiB` : `${(bytes / gib).toFixed(1)} GiB`;
}
