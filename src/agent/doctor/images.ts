import type { Finding } from '../../protocol/entities/finding.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { EngineSurvey } from '../runtime/runtime.ts';
import type { EngineUpkeep, KeptContainer, KeptImage } from '../runtime/upkeep.ts';

/** What {@link examineImages} looks at. */
export interface ImageParts {
  readonly containers: readonly KeptContainer[];
  /** Those of this host that are not deleted. */
  readonly servers: readonly Pick<DesiredServer, 'id' | 'name' | 'image'>[];
  readonly image: EngineUpkeep['image'];
  readonly registry: EngineSurvey['registry'];
}

/** Registries count questions, and a host has few images. */
const mostAsked = 8;
const mostNamed = 5;

/** Finds servers whose container is of an older image than this host has, and images of which a registry has a newer one. */
export async function examineImages({ containers, servers, image, registry }: ImageParts): Promise<readonly Finding[]> {
  const wanted = Map.groupBy(servers, (server) => server.image.reference);
  const found = [...wanted].map(async ([reference, users], index): Promise<readonly Finding[]> => {
    const here = await image(reference);
    if (!here) return [];
    const asked = index < mostAsked ? users.filter(({ image: { pull } }) => pull !== 'never') : [];
    const names = asked.map(({ name }) => name);
    return [
      ...examineContainers(reference, here, users, containers),
      ...(names.length > 0 ? await examineRegistry(reference, here, names, registry) : []),
    ];
  });
  return (await Promise.all(found)).flat();
}

function examineContainers(
  reference: string,
  here: KeptImage,
  users: ImageParts['servers'],
  containers: readonly KeptContainer[],
): readonly Finding[] {
  return users.flatMap(({ id, name }): Finding[] => {
    const container = containers.find((one) => one.serverId === id && one.image === reference);
    if (!container || container.imageId === here.id) return [];
    const message = `its container is of an older ${reference} than this host has`;
    return [{ check: `image of ${name}`, level: 'warn', message, fix: `zedops server rebuild ${name}` }];
  });
}

/** An image that came from no registry, or that a digest names for good, has nothing newer. */
async function examineRegistry(
  reference: string,
  { digests }: KeptImage,
  [user = '', ...others]: readonly string[],
  registry: EngineSurvey['registry'],
): Promise<readonly Finding[]> {
  if (digests.length === 0 || reference.includes('@')) return [];
  const check = `image ${reference}`;
  const { registry: answer, digest, problem = answer } = await registry(reference);
  if (answer !== 'has-it' || digest === undefined) {
    return [{ check, level: 'ok', message: `whether its registry has a newer one is not known: ${problem}` }];
  }
  if (digests.includes(digest)) return [{ check, level: 'ok', message: 'is what its registry has' }];
  // The first one brings it to this host; for the others it is there.
  const more = others.length > mostNamed ? `, and ${others.length - mostNamed} more` : '';
  const rest = others.length === 0 ? '' : `, then without --pull: ${others.slice(0, mostNamed).join(', ')}${more}`;
  const fix = `zedops server rebuild ${user} --pull${rest}`;
  return [{ check, level: 'warn', message: 'its registry has a newer one', fix }];
}
