import { parseEnvTemplate } from '../env/env-template.ts';
import { namedKeys, parseImage } from './image.ts';
import { type ImageTemplate, settingFault, settingsByKey } from './image-template.ts';

/** Reads the two texts of a template and checks that they speak of the same keys. */
export function parseImageTemplate(
  id: string,
  imageText: string,
  templateText: string,
): { readonly template: ImageTemplate } | { readonly faults: readonly string[] } {
  const parsed = parseImage(id, imageText);
  const { settings, faults } = parseEnvTemplate(templateText);
  const written = faults.map(({ line, column, message }) => `.env.template:${line}:${column}: ${message}`);
  if ('faults' in parsed) return { faults: [...parsed.faults.map((fault) => `image.yaml: ${fault}`), ...written] };
  const template = { image: parsed.image, settings };
  const byKey = settingsByKey(template);
  const all = [...written];
  for (const [key, field] of namedKeys(parsed.image)) {
    if (!byKey.has(key)) all.push(`image.yaml: ${field}: ${key} is not in .env.template`);
  }
  const password = parsed.image.rcon?.password;
  if (password !== undefined && byKey.get(password)?.secret === false) {
    all.push(`.env.template: ${password} is a password, but its @kind is not secret`);
  }
  for (const setting of settings) {
    const fault =
      setting.fallback === undefined ? undefined : settingFault(template, setting, setting.fallback, () => undefined);
    if (fault !== undefined) all.push(`.env.template: the default of ${setting.key} ${fault}`);
  }
  const movable = [...parsed.image.ports, ...(parsed.image.rcon ? [parsed.image.rcon] : [])];
  for (const { env: key, port } of movable) {
    const fallback = key === undefined ? undefined : byKey.get(key)?.fallback;
    if (fallback !== undefined && fallback !== String(port))
      all.push(`image.yaml: ${key} is ${port}, but not in .env.template`);
  }
  return all.length === 0 ? { template } : { faults: all };
}
