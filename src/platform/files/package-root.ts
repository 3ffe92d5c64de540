import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import { isMissing } from './atomic-file.ts';

/**
 * The folder ZedOps is installed in, with its `package.json`, `templates` and `bin`: the nearest one above this code,
 * wherever the bundler put it.
 * @throws ZedopsError INTERNAL where the installation is not whole.
 */
export function packageRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (packageName(join(folder, 'package.json')) === 'zedops') return folder;
    if (folder === dirname(folder)) {
      throw new ZedopsError('INTERNAL', `ZedOps is not whole: there is no package.json of it above ${from}`, {
        hint: 'install it again',
      });
    }
  }
}

const Package = z.object({ name: z.string() });

function packageName(path: string): string | undefined {
  try {
    const parsed = Package.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data.name : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new ZedopsError('INTERNAL', `${path} cannot be read`, { cause: error });
  }
}
