import { basename, dirname, join } from 'node:path';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ContainerSpec } from '../spec/container-spec.ts';
import { serverIdLabel } from '../spec/spec-build.ts';
import type { ProcessRecord } from './process-files.ts';

/** How a template's game is run without a container, with `{zedops}`, `{data}`, `{bin}` and `{workshop}` to fill in. */
export interface ProcessForm {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Works out what to run for a spec. `{zedops}`, as an argument of its own, is this very program; the others are the
 * server's folders. The game's environment is the template's and the server's, and nothing of the agent's.
 * @throws ZedopsError INVALID_INPUT when the template has no process form.
 */
export function processRecord(spec: ContainerSpec, form: ProcessForm | undefined, packageRoot: string): ProcessRecord {
  if (!form || form.command.length === 0) {
    throw new ZedopsError('INVALID_INPUT', `The image template ${spec.template} has no process form`, {
      hint: 'use a host with Docker for it',
    });
  }
  const folders = new Map(spec.mounts.map(({ hostPath }) => [basename(hostPath), hostPath]));
  const data = folders.get('data') ?? spec.mounts[0]?.hostPath;
  if (data === undefined) throw new ZedopsError('INVALID_INPUT', `${spec.name} has no folder to run in`);
  const fill = (text: string): string =>
    text.replace(/\{(data|bin|workshop)\}/g, (word, folder: string) => folders.get(folder) ?? word);
  const zedops = [process.execPath, join(packageRoot, 'bin/zedops.js')];
  const cwd = dirname(data);
  return {
    name: spec.name,
    image: spec.image,
    template: spec.template,
    serverId: spec.labels[serverIdLabel] ?? '',
    labels: { ...spec.labels },
    ports: spec.ports.map(({ port, protocol }) => ({ port, protocol })),
    ownerOf: data,
    cwd,
    command: form.command.flatMap((word) => (word === '{zedops}' ? zedops : [fill(word)])),
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: cwd,
      LANG: 'C.UTF-8',
      ...Object.fromEntries(Object.entries(form.env).map(([key, value]) => [key, fill(value)])),
      ...spec.env,
    },
    log: { maxBytes: spec.log.maxBytes, files: spec.log.files },
  };
}
