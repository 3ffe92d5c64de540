import type { DesiredServer } from './entities/server.ts';
import type { SettingChange } from './entities/setting-change.ts';
import { redacted } from './redact.ts';

/** The part of a server that its container is made of. */
export interface MadeOf extends Pick<DesiredServer, 'image' | 'game' | 'limits'> {
  readonly env: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

const longestValue = 100;

/**
 * What is different about a container made of `after` instead of `before`, in a fixed order. Name, power and pull policy
 * are not part of a container. Fit for any eye: a value that is secret on either side is never told.
 */
export function settingChanges(before: MadeOf, after: MadeOf): readonly SettingChange[] {
  const env = envChanges(before, after);
  const values = new Set(env.map((change) => `${change.before} ${change.after}`));
  // A port that an env key moves is told once, by its key.
  const facts = factChanges(before, after).filter(
    (change) => !(change.setting.startsWith('port ') && values.has(`${change.before} ${change.after}`)),
  );
  return [...facts, ...env];
}

function factChanges(before: MadeOf, after: MadeOf): SettingChange[] {
  const [one, other] = [factsOf(before), factsOf(after)];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((setting) =>
    changeOf(setting, one.get(setting), other.get(setting)),
  );
}

function factsOf({ image, game, limits }: MadeOf): ReadonlyMap<string, string | undefined> {
  return new Map([
    ['image', image.reference],
    ['image template', image.template],
    ['memory', limits.memoryMb === undefined ? undefined : `${limits.memoryMb} MiB`],
    ['cpus', limits.cpus === undefined ? undefined : String(limits.cpus)],
    ...game.ports.map(({ name, port }) => [`port ${name}`, String(port)] as const),
    ['port rcon', game.rcon === undefined ? undefined : String(game.rcon.port)],
    ['folders', game.volumes.map(({ folder, path }) => `${folder} ${path}`).join(', ')],
    ['owner of files', game.owner === undefined ? undefined : `${game.owner.uid}:${game.owner.gid}`],
    ['time to stop', `${game.stopSeconds} s`],
  ]);
}

function envChanges(before: MadeOf, after: MadeOf): SettingChange[] {
  const secret = new Set([...before.secretKeys, ...after.secretKeys]);
  const keys = [...new Set([...Object.keys(before.env), ...Object.keys(after.env)])].sort();
  return keys.flatMap((key) => {
    const [was, is] = [valueIn(before.env, key), valueIn(after.env, key)];
    if (!secret.has(key)) return changeOf(key, was, is);
    if (was === is) return [];
    return changeOf(key, was && redacted, is && (was ? 'changed' : redacted));
  });
}

/** The value of a record's own key; words such as `constructor` are none. */
function valueIn(env: MadeOf['env'], key: string): string | undefined {
  return Object.hasOwn(env, key) ? env[key] : undefined;
}

function changeOf(setting: string, before: string | undefined, after: string | undefined): SettingChange[] {
  if (before === after) return [];
  return [
    {
      setting,
      ...(before === undefined ? {} : { before: cut(before) }),
      ...(after === undefined ? {} : { after: cut(after) }),
    },
  ];
}

function cut(value: string): string {
  return value.length <= longestValue ? value : `${value.slice(0, longestValue)}…`;
}
