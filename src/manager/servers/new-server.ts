import { createHash, randomBytes } from 'node:crypto';
import type * as z from 'zod';
import { nearest } from '../../platform/did-you-mean.ts';
import type { RuntimeKind } from '../../protocol/entities/host.ts';
import type { Actor } from '../../protocol/entities/person.ts';
import { GameFacts, ServerLimits } from '../../protocol/entities/server.ts';
import { invalidInput, ZedopsError } from '../../protocol/errors.ts';
import type { serverCreate } from '../../protocol/operations/server.ts';
import type { DiskNeeds } from '../../zomboid/images/image.ts';
import {
  checkEnv,
  completeEnv,
  gameFacts,
  imageReference,
  limitsFor,
  secretKeys,
} from '../../zomboid/images/image-template.ts';
import { claimedPorts, conflictsAmong, plannedPorts, portsTaken } from '../preflight/port-conflicts.ts';
import type { HostRecord } from '../store/hosts.ts';
import type { StoredEnv } from '../store/server-env.ts';
import type { NewServer, ServerRecord } from '../store/servers.ts';
import type { Catalog } from './catalog.ts';

/** A server that is about to be put on the list. */
export interface DraftServer {
  readonly server: NewServer;
  readonly stored: StoredEnv;
  /** How many settings someone gave; the rest was filled in. */
  readonly given: number;
  /** What its image says of the room it needs. */
  readonly disk: DiskNeeds | undefined;
  /** What its image can run as. */
  readonly runtimes: readonly RuntimeKind[];
}

const mostEnvKeys = 1000;
const mostEnvCharacters = 256 * 1024;

/**
 * Works out all of a new server from what someone asked for.
 * @throws ZedopsError NOT_FOUND for an unknown image, INVALID_INPUT that lists what does not fit.
 */
export async function draftServer(
  request: z.output<typeof serverCreate.request>,
  { catalog, host, id, now }: { catalog: Catalog; host: HostRecord; id: string; now: number },
): Promise<DraftServer> {
  const { name, env: given, limits, pull, start } = request;
  refuseLargeEnv(given);
  const [templateId = '', tag] = splitOnce(request.image);
  const template = await catalog.template(templateId);
  const image = imageReference(template.image, tag);
  if ('fault' in image) throw new ZedopsError('INVALID_INPUT', `The image ${request.image}: ${image.fault}`);
  const faults = checkEnv(template, given, nearest);
  if (faults.length > 0) {
    const list = faults.slice(0, 20).map(({ message }) => message);
    throw new ZedopsError(
      'INVALID_INPUT',
      `The env of ${name} does not fit the image ${templateId}: ${list.join('; ')}`,
      {
        hint: `zedops server template ${templateId} shows every setting`,
      },
    );
  }
  const env = completeEnv(template, given, { serverName: name, makeSecret });
  const game = GameFacts.safeParse(gameFacts(template, env, name));
  if (!game.success) throw invalidInput(`The image template ${templateId}`, game.error);
  const limited = ServerLimits.safeParse(limitsFor(template, env, limits));
  if (!limited.success) throw invalidInput(`The limits of ${name}`, limited.error);
  return {
    server: {
      id,
      name,
      hostId: host.id,
      power: start ? 'on' : 'off',
      image: { template: templateId, reference: image.reference, pull: pull ?? template.image.pull },
      limits: limited.data,
      game: game.data,
      createdAt: now,
    },
    stored: { env, secretKeys: secretKeys(template, env) },
    given: Object.keys(given).length,
    disk: template.image.disk,
    runtimes: template.image.runtimes,
  };
}

/**
 * The id of the server that a request makes. The same request of the same person, sent again after a lost connection,
 * means the same server; nobody can choose an id.
 */
export function idOfNewServer(actor: Actor, requestId: string): string {
  const digest = createHash('sha256').update(`server ${actor.kind} ${actor.id} ${requestId}`).digest();
  return [...digest.subarray(0, 24)].map((byte) => alphabet.charAt(byte % 32)).join('');
}

/**
 * Makes sure that no other server is to have one of the ports, by the fleet's plan alone: within the transaction that
 * writes the server, after the host was asked. @throws ZedopsError CONFLICT naming the holder.
 */
export function refusePlanned(
  { id, name, game }: Pick<NewServer, 'id' | 'name' | 'game'>,
  host: Pick<HostRecord, 'name' | 'facts'>,
  servers: readonly ServerRecord[],
): void {
  const conflicts = conflictsAmong(claimedPorts(game, host), plannedPorts(servers, host), id);
  if (conflicts.length > 0) throw portsTaken(name, host.name, conflicts, []);
}

/** Makes a password of letters and digits only: some images hand their env through a shell. */
export function makeSecret(): string {
  return [...randomBytes(32)].map((byte) => alphabet.charAt(byte % 32)).join('');
}

/** As `newId` of the protocol. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** An image as people write it: its template and, behind a colon, its tag. */
export function splitOnce(image: string): readonly [string, string?] {
  const colon = image.indexOf(':');
  return colon === -1 ? [image] : [image.slice(0, colon), image.slice(colon + 1)];
}

/** Bounds what a server's env may hold. @throws ZedopsError INVALID_INPUT */
export function refuseLargeEnv(env: Readonly<Record<string, string>>): void {
  const entries = Object.entries(env);
  const characters = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (entries.length <= mostEnvKeys && characters <= mostEnvCharacters) return;
  throw new ZedopsError(
    'INVALID_INPUT',
    `An env has at most ${mostEnvKeys} keys and ${mostEnvCharacters / 1024} KiB; this one has ${entries.length} and ${Math.ceil(characters / 1024)} KiB`,
  );
}
