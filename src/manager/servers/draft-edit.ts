import type * as z from 'zod';
import { didYouMean, nearest } from '../../platform/did-you-mean.ts';
import { GameFacts, type ServerImage, ServerLimits } from '../../protocol/entities/server.ts';
import { invalidInput, ZedopsError } from '../../protocol/errors.ts';
import type { serverEdit } from '../../protocol/operations/server-edit.ts';
import {
  checkEnv,
  completeEnv,
  gameFacts,
  type ImageTemplate,
  imageReference,
  limitsFor,
  secretKeys,
} from '../../zomboid/images/image-template.ts';
import type { StoredEnv } from '../store/server-env.ts';
import type { ServerRecord } from '../store/servers.ts';
import type { Catalog } from './catalog.ts';
import { makeSecret, refuseLargeEnv, splitOnce } from './new-server.ts';
import { worldRisks } from './world-risks.ts';

/** What a server is to be after an edit. */
export interface DraftEdit {
  readonly image: ServerImage;
  readonly limits: ServerLimits;
  readonly game: GameFacts;
  readonly stored: StoredEnv;
  /** Why its world may not load afterwards. */
  readonly risks: readonly string[];
}

type EditRequest = z.output<typeof serverEdit.request>;
type Env = StoredEnv['env'];

const mostFaults = 20;

/**
 * Works out what a server is to be after an edit: the settings it has, with what someone asked for on top, checked and
 * completed as for a new server. A key that is unset is gone, unless the image has a default for it.
 * @throws ZedopsError NOT_FOUND for an unknown image, INVALID_INPUT that lists what does not fit.
 */
export async function draftEdit(
  request: EditRequest,
  { catalog, server, stored }: { catalog: Catalog; server: ServerRecord; stored: StoredEnv },
): Promise<DraftEdit> {
  const before = await catalog.template(server.image.template);
  const { template, image } = await newImage(request, server, before, catalog);
  const given = editedEnv(request, stored.env, { before, template, worldName: server.game.worldName });
  refuseLargeEnv(given);
  const faults = checkEnv(template, given, nearest).slice(0, mostFaults);
  if (faults.length > 0) {
    const list = faults.map(({ message }) => message).join('; ');
    throw new ZedopsError('INVALID_INPUT', `The settings of ${server.name} would not fit the image: ${list}`, {
      hint: `zedops server template ${image.template} shows every setting`,
    });
  }
  // A world keeps the name it was made with, whatever its server is called by now.
  const env = completeEnv(template, given, { serverName: server.game.worldName, makeSecret });
  const game = GameFacts.safeParse(gameFacts(template, env, server.game.worldName));
  if (!game.success) throw invalidInput(`The image template ${image.template}`, game.error);
  if (game.data.worldName !== server.game.worldName) throw otherWorld(server, game.data.worldName);
  const limits = ServerLimits.safeParse(limitsFor(template, env, askedLimits(request, server, before, stored.env)));
  if (!limits.success) throw invalidInput(`The limits of ${server.name}`, limits.error);
  return {
    image,
    limits: limits.data,
    game: game.data,
    stored: { env, secretKeys: secretKeys(template, env) },
    risks: worldRisks(
      { template: before, env: stored.env, reference: server.image.reference },
      { template, env, reference: image.reference },
    ),
  };
}

async function newImage(
  { image, tag }: EditRequest,
  server: ServerRecord,
  before: ImageTemplate,
  catalog: Catalog,
): Promise<{ readonly template: ImageTemplate; readonly image: ServerImage }> {
  if (image === undefined && tag === undefined) return { template: before, image: server.image };
  if (image !== undefined && tag !== undefined) {
    throw new ZedopsError('INVALID_INPUT', 'Say the tag once: behind the image, as image:tag, or by itself');
  }
  const [id = '', ownTag] = image === undefined ? [server.image.template, tag] : splitOnce(image);
  const template = id === server.image.template ? before : await catalog.template(id);
  const named = imageReference(template.image, ownTag);
  if ('fault' in named) throw new ZedopsError('INVALID_INPUT', `The image ${image ?? `${id}:${tag}`}: ${named.fault}`);
  const { pull } = id === server.image.template ? server.image : template.image;
  return { template, image: { template: id, reference: named.reference, pull } };
}

interface EditedImages {
  readonly before: ImageTemplate;
  readonly template: ImageTemplate;
  readonly worldName: string;
}

function editedEnv(request: EditRequest, stored: Env, { before, template, worldName }: EditedImages): Env {
  const wanted = { ...request.set, ...namedSettings(request, template) };
  const both = request.unset.find((key) => Object.hasOwn(wanted, key));
  if (both !== undefined) throw new ZedopsError('INVALID_INPUT', `${both} is to be set and unset at the same time`);
  const known = new Set(template.settings.map(({ key }) => key));
  for (const key of request.unset) {
    if (Object.hasOwn(stored, key) || known.has(key)) continue;
    throw new ZedopsError('INVALID_INPUT', `${key} is not set${didYouMean(key, Object.keys(stored))}`);
  }
  const isOther = template.image.id !== before.image.id;
  const { env: worldKey } = template.image.world;
  return {
    ...(isOther && worldKey !== undefined ? { [worldKey]: worldName } : {}),
    ...Object.fromEntries(
      Object.entries(stored).filter(
        // Another image has other settings; those it does not know are gone, and shown to be.
        ([key]) => !request.unset.includes(key) && (!isOther || known.has(key)),
      ),
    ),
    ...wanted,
  };
}

/** Settings that were asked for by what they mean instead of their key. */
function namedSettings({ ports, displayName }: EditRequest, { image }: ImageTemplate): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, port] of Object.entries(ports)) {
    const key = name === 'rcon' ? image.rcon?.env : image.ports.find((each) => each.name === name)?.env;
    if (key === undefined) throw new ZedopsError('INVALID_INPUT', `The image ${image.id} has no ${name} port to move`);
    settings[key] = String(port);
  }
  if (displayName !== undefined) {
    const key = image.facts.publicName;
    if (key === undefined) {
      throw new ZedopsError('INVALID_INPUT', `The image ${image.id} has no setting for the name in the server browser`);
    }
    settings[key] = displayName;
  }
  return settings;
}

/** A memory limit that came from the heap goes with the heap; one that someone asked for stays. */
function askedLimits(
  { memoryMb, cpus }: EditRequest,
  { limits }: ServerRecord,
  before: ImageTemplate,
  env: Env,
): ServerLimits {
  const isFromHeap = limits.memoryMb === limitsFor(before, env, {}).memoryMb;
  const memory = memoryMb === undefined && !isFromHeap ? limits.memoryMb : (memoryMb ?? undefined);
  const cores = cpus === undefined ? limits.cpus : (cpus ?? undefined);
  return {
    ...(memory === undefined ? {} : { memoryMb: memory }),
    ...(cores === undefined ? {} : { cpus: cores }),
  };
}

function otherWorld({ name, game }: ServerRecord, worldName: string): ZedopsError {
  return new ZedopsError(
    'INVALID_INPUT',
    `The world of ${name} is called ${game.worldName}, and its files bear that name: as ${worldName} the game would begin a new one`,
    { hint: `zedops server rename ${name} <name> renames the server and leaves its world alone` },
  );
}
