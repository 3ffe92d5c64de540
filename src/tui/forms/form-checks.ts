import { nearest } from '../../platform/did-you-mean.ts';
import { ServerName } from '../../protocol/entities/server.ts';
import { readCpuLimit, readMemoryLimit } from '../../protocol/limit-text.ts';
import { checkEnv, type ImageTemplate, imageReference } from '../../zomboid/images/image-template.ts';
import { envId, isSecret } from './field.ts';
import { type Form, fieldValue, isChanged } from './form.ts';

/** Every fault of a form by the id of its field, in the words of the command line. Values of secrets are never part of it. */
export function faultsOf(form: Form, template: ImageTemplate | undefined): ReadonlyMap<string, string> {
  const faults = new Map<string, string>();
  for (const { id, required, kind, choices } of form.fields) {
    if (id.startsWith('env:')) continue;
    const value = fieldValue(form, id) ?? '';
    const fault = basicFault(id, value, template);
    if (value === '' && required) faults.set(id, `the ${id} is missing`);
    else if (value !== '' && kind === 'choice' && !choices?.includes(value)) {
      faults.set(id, `"${value}" is none of ${choices?.join(', ')}`);
    } else if (value !== '' && fault !== undefined) faults.set(id, fault);
  }
  if (template) {
    const known = new Set(template.settings.map(({ key }) => key));
    const secrets = new Set(form.fields.filter(isSecret).map(({ id }) => id));
    for (const { key, message } of checkEnv(template, envOf(form), nearest)) {
      const id = envId(key);
      // What the server has and nobody touches was checked when it was given; a secret of it is not known here.
      const isKept = form.before.has(id) && !isTypedOrChanged(form, id) && (secrets.has(id) || !known.has(key));
      if (!isKept && !faults.has(id)) faults.set(id, message);
    }
  }
  return faults;
}

/** The env a form means: what the server has with what was changed. Values of secrets that stay are the word `set`. */
export function envOf(form: Form): Readonly<Record<string, string>> {
  const ids = new Set([...form.fields.map(({ id }) => id), ...form.before.keys()]);
  const entries = [...ids].flatMap((id): (readonly [string, string])[] => {
    const value = id.startsWith('env:') ? fieldValue(form, id) : undefined;
    return value === undefined ? [] : [[id.slice('env:'.length), value]];
  });
  return Object.fromEntries(entries);
}

function isTypedOrChanged(form: Form, id: string): boolean {
  return isChanged(form, id) || (form.at === id && form.typing?.isChanged === true);
}

function basicFault(id: string, value: string, template: ImageTemplate | undefined): string | undefined {
  switch (id) {
    case 'name': {
      const { success, error } = ServerName.safeParse(value);
      return success ? undefined : error.issues[0]?.message;
    }
    case 'memory': {
      const read = readMemoryLimit(value);
      return 'fault' in read ? read.fault : undefined;
    }
    case 'cpus': {
      const read = readCpuLimit(value);
      return 'fault' in read ? read.fault : undefined;
    }
    case 'tag': {
      const read = template && imageReference(template.image, value);
      return read !== undefined && 'fault' in read ? read.fault : undefined;
    }
    default:
      return undefined;
  }
}
