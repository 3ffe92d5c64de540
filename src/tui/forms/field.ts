import type { EnvKind, EnvSetting } from '../../zomboid/env/env-template.ts';
import type { ImageTemplate } from '../../zomboid/images/image-template.ts';

/** One thing a form asks for. */
export interface Field {
  /** `name`, `host` and the like, or {@link envId} of a key. */
  readonly id: string;
  readonly section: string;
  readonly title: string;
  /** One paragraph. */
  readonly help: string;
  readonly kind: EnvKind;
  readonly required: boolean;
  /** For a choice the only values. */
  readonly choices?: readonly string[];
  /** What it is where nobody says. */
  readonly fallback?: string;
  /** What is shown where there is neither a value nor a fallback. */
  readonly otherwise: string;
  /** The key of the env it sets. */
  readonly setting?: EnvSetting;
}

/** What a form about a server asks besides the image's own settings. */
export interface Basics {
  readonly hosts: readonly string[];
  readonly images: readonly string[];
  readonly tag: string | undefined;
}

/** The id of the field of an env key. */
export function envId(key: string): string {
  return `env:${key}`;
}

const section = 'Server';

/** The fields for a new server. */
export function createFields(basics: Basics, template: ImageTemplate | undefined): readonly Field[] {
  return [
    {
      ...{ id: 'name', section, title: 'Name', kind: 'text', required: true, otherwise: 'needed' },
      help: 'Name of the server in ZedOps: 2 to 32 of a-z, 0-9 and inner dashes. Containers and folders are named after it.',
    },
    {
      ...{ id: 'host', section, title: 'Host', kind: 'choice', required: true, otherwise: 'needed' },
      ...{ choices: basics.hosts, help: 'The machine it runs on.' },
    },
    ...imageFields(basics),
    ...limitFields,
    {
      ...{ id: 'start', section, title: 'Start', kind: 'boolean', required: false, otherwise: '' },
      ...{ fallback: 'true', help: 'Start it when it is made.' },
    },
    {
      ...{
        id: 'useExistingData',
        section,
        title: 'Use existing data',
        kind: 'boolean',
        required: false,
        otherwise: '',
      },
      ...{ fallback: 'false', help: 'Take over what its folder on the host holds already.' },
    },
    ...envFields(template, []),
  ];
}

/** The fields for a server that is there. `keys` are those its env has. */
export function editFields(
  basics: Basics,
  template: ImageTemplate | undefined,
  keys: readonly string[],
): readonly Field[] {
  return [
    {
      ...{ id: 'name', section, title: 'Name', kind: 'text', required: true, otherwise: 'needed' },
      help: 'Another name; its world stays where it is.',
    },
    ...imageFields(basics),
    ...limitFields,
    ...envFields(template, keys),
  ];
}

function imageFields({ images, tag }: Basics): readonly Field[] {
  return [
    {
      ...{ id: 'image', section, title: 'Image', kind: 'choice', required: true, otherwise: 'needed' },
      ...{ choices: images, help: 'The image template; the settings below are its own.' },
    },
    {
      ...{ id: 'tag', section, title: 'Tag', kind: 'text', required: false, otherwise: 'the template’s' },
      ...(tag === undefined ? {} : { fallback: tag }),
      help: 'Another tag of the image.',
    },
  ];
}

const limitFields: readonly Field[] = [
  {
    ...{ id: 'memory', section, title: 'Memory limit', kind: 'text', required: false, otherwise: 'by Java’s heap' },
    help: 'At most so much memory, such as 4g or 512m.',
  },
  {
    ...{ id: 'cpus', section, title: 'CPU limit', kind: 'text', required: false, otherwise: 'none' },
    help: 'At most so many CPUs, such as 2 or 1.5.',
  },
];

/** The fields of a template, and of keys that it does not know: they are to be seen, and can be taken away. */
function envFields(template: ImageTemplate | undefined, keys: readonly string[]): readonly Field[] {
  const settings = template?.settings ?? [];
  const known = new Set(settings.map(({ key }) => key));
  return [...settings.map(envField), ...keys.filter((key) => !known.has(key)).map(unknownField)];
}

function envField(setting: EnvSetting): Field {
  const { key, title, help, kind, required, choices, fallback } = setting;
  return {
    ...{ id: envId(key), section: setting.section || 'Settings', title: title ?? key, help, kind, required, setting },
    ...(choices === undefined ? {} : { choices }),
    ...(fallback === undefined ? {} : { fallback }),
    otherwise: required ? 'needed' : 'the image decides',
  };
}

/** The field of a key that no template speaks of. */
export function unknownField(key: string): Field {
  return {
    ...{
      id: envId(key),
      section: 'Not of this image',
      title: key,
      kind: 'text',
      required: false,
      otherwise: 'not set',
    },
    help: 'The image’s template does not know this setting.',
    setting: {
      ...{ key, section: '', help: '', kind: 'text', fallback: undefined, required: false, secret: false },
    },
  };
}

/** Whether a field's value is never shown. */
export function isSecret({ setting }: Field): boolean {
  return setting?.secret === true;
}
