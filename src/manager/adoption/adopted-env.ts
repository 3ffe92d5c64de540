import type { AdoptionFacts, AdoptionPlan } from '../../protocol/entities/adoption.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Env, ImageTemplate } from '../../zomboid/images/image-template.ts';

/** Where a setting came from. */
type Origin = AdoptionPlan['settings'][number]['from'];

/** The settings an adopted server begins with, before the template completes them. */
export interface AdoptedEnv {
  readonly env: Readonly<Record<string, string>>;
  readonly origins: ReadonlyMap<string, Origin>;
  /** Keys of the original that the template does not know. */
  readonly leftOut: readonly string[];
  readonly warnings: readonly string[];
}

/** Ini keys that say what an env may say too. */
const iniKeys = { game: 'DefaultPort', direct: 'UDPPort', rcon: 'RCONPort', password: 'RCONPassword' } as const;

/**
 * Works out the settings of a server that is adopted: what someone says now, then what the original was given beyond its
 * image, then what its image says where the template would say otherwise, then what the world's ini says of ports and
 * RCON where nothing else does. What only repeats the image is left out, so that a later image can change it.
 * @throws ZedopsError INVALID_INPUT where it cannot be told which world is meant.
 */
export function adoptedEnv(template: ImageTemplate, facts: AdoptionFacts, given: Env): AdoptedEnv {
  const { image, settings } = template;
  const env: Record<string, string> = {};
  const origins = new Map<string, Origin>();
  const warnings: string[] = [];
  const set = (key: string | undefined, value: string | undefined, origin: Origin): void => {
    if (key === undefined || value === undefined || value === '' || env[key] !== undefined) return;
    env[key] = value;
    origins.set(key, origin);
  };
  for (const [key, value] of Object.entries(given)) {
    env[key] = value;
    origins.set(key, 'given');
  }
  const known = new Map(settings.map((setting) => [setting.key, setting]));
  const leftOut = Object.keys(facts.env).filter((key) => !known.has(key));
  // The ports players use are those the host publishes: the game is to listen on them itself.
  for (const { env: key, port } of image.ports) {
    const inside = Number(facts.env[key ?? ''] ?? facts.imageEnv[key ?? ''] ?? port);
    const outside = facts.ports.find((one) => one.inside === inside && one.protocol === 'udp')?.published;
    if (outside === undefined || outside === inside) continue;
    if (key === undefined) {
      throw new ZedopsError(
        'UNSUPPORTED',
        `It is published on port ${outside}, and games of the image ${image.id} listen on ${inside} only`,
      );
    }
    if (given[key] !== undefined) continue;
    set(key, String(outside), 'original');
    warnings.push(`port ${inside} was published as ${outside}; the game will listen on ${outside} itself`);
  }
  for (const [key, value] of Object.entries(facts.env)) if (known.has(key)) set(key, value, 'original');
  for (const { key, fallback } of settings) {
    const ofImage = facts.imageEnv[key];
    if (fallback !== undefined && ofImage !== undefined && ofImage !== fallback) set(key, ofImage, 'image');
  }
  if (image.world.env !== undefined && image.world.name === undefined && env[image.world.env] === undefined) {
    set(image.world.env, onlyWorld(facts, image.world.env), 'ini');
  }
  const worldName = env[image.world.env ?? ''] ?? image.world.name;
  const ini = facts.worlds.find(({ name }) => name === worldName)?.ini ?? {};
  for (const { name, env: key } of image.ports) set(key, ini[iniKeys[name]], 'ini');
  set(image.rcon?.env, ini[iniKeys.rcon], 'ini');
  set(image.rcon?.password, ini[iniKeys.password], 'ini');
  return { env, origins, leftOut, warnings };
}

function onlyWorld({ worlds }: AdoptionFacts, key: string): string {
  const saved = worlds.filter(({ hasSave }) => hasSave).map(({ name }) => name);
  const [first, ...others] = saved;
  if (first !== undefined && others.length === 0) return first;
  const what = first === undefined ? 'there is none' : `there are ${saved.slice(0, 10).join(', ')}`;
  throw new ZedopsError('INVALID_INPUT', `It cannot be told which world is meant: ${what}`, {
    hint: first === undefined ? 'is it the right folder, or the right template?' : `say --env ${key}=${first}`,
  });
}
