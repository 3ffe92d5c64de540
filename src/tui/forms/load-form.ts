import type { HostSummary } from '../../protocol/entities/host.ts';
import type { ServerDetails } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { memoryLimitText } from '../../protocol/limit-text.ts';
import { imageList, imageShow } from '../../protocol/operations/image.ts';
import { serverShow } from '../../protocol/operations/server.ts';
import type { ImageTemplate } from '../../zomboid/images/image-template.ts';
import { createKey, type DeskParts, forward } from './desk-parts.ts';
import type { Draft } from './drafts.ts';
import { createFields, editFields, envId } from './field.ts';
import { type Form, fieldAt, reduceForm } from './form.ts';

/** The template that the image of a server is made of where nobody asks for another. */
const usualImage = 'steam-zomboid';
/** The template of an image, from the manager. @throws ZedopsError CONFLICT where it is faulty */
export async function readTemplate(
  { client, signal }: Pick<DeskParts, 'client' | 'signal'>,
  id: string,
): Promise<ImageTemplate> {
  const { image, template } = await client.call(imageShow, { image: id }, signal);
  // Reading YAML takes a library that nobody should wait for who only wants to see the fleet.
  const { parseImageTemplate } = await import('../../zomboid/images/read-image-template.ts');
  const parsed = parseImageTemplate(id, image, template);
  if ('template' in parsed) return parsed.template;
  throw new ZedopsError('CONFLICT', `The image template ${id} is faulty: ${parsed.faults.join('; ')}`, {
    hint: 'mend it on the manager',
  });
}

/** Fills the form for a new server: hosts, images, and the settings of the usual one. */
export async function loadCreate(parts: DeskParts): Promise<void> {
  const { client, signal, drafts, hosts } = parts;
  const { images } = await client.call(imageList, {}, signal);
  const usable = hosts().filter(({ connection }) => connection === 'online');
  const host = usable.length === 1 ? usable[0] : undefined;
  const kind = host?.facts?.runtime.kind;
  const fits = images.filter(({ runtimes }) => kind === undefined || runtimes.includes(kind));
  const image = fits.find(({ id }) => id === usualImage) ?? fits[0] ?? images[0];
  if (image === undefined) throw new ZedopsError('NOT_FOUND', 'The manager offers no image templates');
  const template = await readTemplate(parts, image.id);
  drafts.change(createKey, (draft) => {
    const whole = withTemplate({ ...draft, images: images.map(({ id }) => id) }, template, hosts());
    // What is as good as decided is no wish of anybody's.
    const before = new Map([['image', image.id], ...(host ? [['host', host.name] as const] : [])]);
    return forward({ ...whole, form: { ...whole.form, before } }, { kind: 'fill' });
  });
}

/** Fills the form of a server that is there. */
export async function loadEdit(parts: DeskParts, key: string): Promise<void> {
  const { client, signal, drafts, hosts } = parts;
  const [{ images }, { server }] = await Promise.all([
    client.call(imageList, {}, signal),
    client.call(serverShow, { server: key }, signal),
  ]);
  const template = await readTemplate(parts, server.template);
  drafts.change(key, (draft) => {
    const known = withServer({ ...draft, images: images.map(({ id }) => id) }, server);
    return forward(withTemplate(known, template, hosts()), { kind: 'fill' });
  });
}

/** Looks at a server anew, under what was typed. */
export async function refreshServer({ client, signal, drafts }: DeskParts, key: string): Promise<void> {
  const { server } = await client.call(serverShow, { server: key }, signal);
  drafts.change(key, (draft) => withServer(draft, server));
}

function withServer(draft: Draft, server: ServerDetails): Draft {
  const { id, name, hostId, revision, template, limits, env, image } = server;
  const tag = /:([^:/]+)$/.exec(image)?.[1];
  const before = new Map([
    ...[['name', name] as const, ['image', template] as const],
    ...(tag === undefined ? [] : [['tag', tag] as const]),
    ...(limits.memoryMb === undefined ? [] : [['memory', memoryLimitText(limits.memoryMb)] as const]),
    ...(limits.cpus === undefined ? [] : [['cpus', String(limits.cpus)] as const]),
    ...Object.entries(env).map(([key, value]) => [envId(key), value] as const),
  ]);
  return { ...draft, server: { id, name, hostId }, revision, form: reduceForm(draft.form, { kind: 'before', before }) };
}

/** A draft with the fields of an image, and all that was typed. */
export function withTemplate(draft: Draft, template: ImageTemplate, hosts: readonly HostSummary[]): Draft {
  const { form, images, server } = draft;
  const names = hosts
    .filter(({ connection }) => connection === 'online' || connection === 'offline')
    .map(({ name }) => name);
  const basics = { hosts: names, images, tag: template.image.tag };
  const keys = [...form.before.keys()].filter((id) => id.startsWith('env:')).map((id) => id.slice('env:'.length));
  const fields = server ? editFields(basics, template, keys) : createFields(basics, template);
  const next: Form = reduceForm(form, { kind: 'fields', fields });
  const at = fieldAt(next)?.id ?? '';
  return { ...draft, template, form: { ...next, at } };
}
