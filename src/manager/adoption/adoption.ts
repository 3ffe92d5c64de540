import type * as z from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { AdoptionFacts, AdoptionPlan } from '../../protocol/entities/adoption.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import {
  agentAdoption,
  agentUnmanaged,
  type KnownTemplate,
  type serverAdoptPlan,
} from '../../protocol/operations/adoption.ts';
import { redacted } from '../../protocol/redact.ts';
import type { Hub } from '../hosts/hub.ts';
import type { Catalog } from '../servers/catalog.ts';
import { type DraftServer, draftServer } from '../servers/new-server.ts';
import type { HostRecord } from '../store/hosts.ts';
import { adoptedEnv } from './adopted-env.ts';

type Request = z.output<typeof serverAdoptPlan.request>;

/** A server to be adopted, worked out, with what that would do. */
export interface DraftAdoption {
  readonly draft: DraftServer;
  readonly plan: AdoptionPlan;
  /** The request as the host is to have it: without secrets, and with the very container that was examined. */
  readonly input: Request;
}

/** Works out servers that are to be adopted. Changes nothing. */
export interface Adoptions {
  draft(request: Request, host: HostRecord, server: { id: string; start: boolean }): Promise<DraftAdoption>;
  unmanaged(host: HostRecord): Promise<z.output<typeof agentUnmanaged.reply>>;
}

/** What {@link createAdoptions} is made of. */
export interface AdoptionsDeps {
  readonly hub: Pick<Hub, 'get'>;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** Makes what works out adoptions, from what an agent finds and what the templates say of it. */
export function createAdoptions({ hub, catalog, clock }: AdoptionsDeps): Adoptions {
  const templates = async (): Promise<KnownTemplate[]> =>
    (await catalog.list()).slice(0, 200).map(({ image }) => {
      const { bin, data, workshop } = image.volumes;
      const volumes = { data, ...(bin === undefined ? {} : { bin }), ...(workshop === undefined ? {} : { workshop }) };
      return { id: image.id, registry: image.registry, volumes };
    });

  return {
    async unmanaged(host) {
      return hub.get(host).request(agentUnmanaged, { templates: await templates() });
    },
    async draft(request, host, { id, start }) {
      const { name, source, way, env } = request;
      const [template, tag] = splitTag(request.image);
      const facts = await hub.get(host).request(agentAdoption, {
        ...{ name, source, templates: await templates() },
        ...(way === undefined ? {} : { way }),
        ...(template === undefined ? {} : { template }),
      });
      const found = { ...facts, env: { ...facts.env, ...request.composeEnv } };
      const known = await catalog.template(facts.template);
      const adopted = adoptedEnv(known, found, env);
      const image = `${facts.template}${colonTag(tag ?? tagOf(facts.image, known.image.registry))}`;
      const draft = await draftServer(
        { ...{ name, image, start }, env: adopted.env, limits: facts.limits },
        { catalog, host, id, now: clock.now() },
      );
      const { server, stored } = draft;
      const world = server.game.worldName;
      refuseOtherWorld(world, facts);
      const settings = Object.entries(stored.env).map(([key, value]) => ({
        ...{ key, from: adopted.origins.get(key) ?? ('template' as const) },
        value: stored.secretKeys.includes(key) ? redacted : value,
      }));
      const { original } = facts;
      return {
        draft,
        plan: {
          ...{ name, host: host.name, template: facts.template, image: server.image.reference, world, settings },
          leftOut: [...adopted.leftOut],
          ports: server.game.ports,
          limits: server.limits,
          folders: facts.folders,
          ...(facts.owner === undefined ? {} : { owner: facts.owner }),
          ...(original === undefined ? {} : { original: { ...original, keptAs: `${original.name}.before-zedops` } }),
          warnings: [...facts.warnings, ...adopted.warnings, ...furtherWarnings(facts, draft)],
        },
        input: {
          ...request,
          env: {},
          composeEnv: {},
          source: original === undefined ? source : { kind: 'container', container: original.id },
        },
      };
    },
  };
}

/** A server that would not find its world would make a new one beside it. */
function refuseOtherWorld(world: string, { worlds }: AdoptionFacts): void {
  if (worlds.some(({ name, hasSave }) => hasSave && sameWorld(name, world))) return;
  const names = worlds.map(({ name }) => name);
  const there = names.length === 0 ? 'there is none' : `there is ${names.slice(0, 10).join(', ')}`;
  throw new ZedopsError('NOT_FOUND', `The server would look for the world ${world}, and ${there}`, {
    hint: names.length === 0 ? 'is it the right folder, or the right template?' : 'set its name with --env',
  });
}

/** The game writes a space of a world's name as an underscore. */
function sameWorld(a: string, b: string): boolean {
  return a.replaceAll(' ', '_') === b.replaceAll(' ', '_');
}

function furtherWarnings(facts: AdoptionFacts, { server }: DraftServer): string[] {
  const { image, owner, ports, original } = facts;
  const wanted = server.game.owner;
  const rcon = server.game.rcon?.port;
  const rconPublished = ports.some((port) => port.inside === rcon && port.protocol === 'tcp' && port.published);
  return [
    ...(image === undefined || image === server.image.reference
      ? []
      : [`it ran ${image}; it will run ${server.image.reference}`]),
    ...(wanted && owner && (wanted.uid !== owner.uid || wanted.gid !== owner.gid)
      ? [`its files belong to ${owner.uid}:${owner.gid}, and the image runs as ${wanted.uid}:${wanted.gid}`]
      : []),
    ...(rcon === undefined ? ['it has no RCON, so that saves cannot be asked for'] : []),
    ...(rconPublished ? ['its RCON port was open to the network; with ZedOps it is not'] : []),
    ...(original && original.restart !== 'no'
      ? [`its restart policy ${original.restart} is turned off; the agent starts it again after a crash`]
      : []),
  ];
}

function splitTag(image: string | undefined): readonly [string | undefined, string | undefined] {
  if (image === undefined) return [undefined, undefined];
  const at = image.indexOf(':');
  return at === -1 ? [image, undefined] : [image.slice(0, at), image.slice(at + 1)];
}

/** The tag something runs now, where its image is of the template's registry. */
function tagOf(image: string | undefined, registry: string): string | undefined {
  const match = /^([^@]+):([^:/@]+)$/.exec(image ?? '');
  return match?.[1]?.endsWith(registry.replace(/^docker\.io\//, '')) ? match[2] : undefined;
}

function colonTag(tag: string | undefined): string {
  return tag === undefined ? '' : `:${tag}`;
}
