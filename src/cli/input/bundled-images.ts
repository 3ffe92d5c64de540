import { join } from 'node:path';
import { didYouMean } from '../../platform/did-you-mean.ts';
import { readImageTexts } from '../../platform/files/image-texts.ts';
import { packageRoot } from '../../platform/files/package-root.ts';
import type { Paths } from '../../platform/files/paths.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** An image template that lies on this machine: the bundled one, or one's own of the same name. @throws ZedopsError NOT_FOUND */
export async function bundledImage(
  image: string,
  paths: Paths,
): Promise<{ readonly id: string; readonly image: string; readonly template: string }> {
  const texts = await readImageTexts([join(packageRoot(), 'templates/images'), join(paths.config, 'images')]);
  const found = texts.findLast(({ id }) => id === image);
  if (found) return { id: found.id, image: found.image, template: found.template };
  const known = texts.map(({ id }) => id);
  throw new ZedopsError('NOT_FOUND', `There is no image template "${image}"${didYouMean(image, known)}`, {
    hint: `there are: ${known.join(', ')}`,
  });
}
