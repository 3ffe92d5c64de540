import { imageList, imageShow } from '../../protocol/operations/image.ts';
import { imageReference } from '../../zomboid/images/image-template.ts';
import { handleOnManager } from '../gateway/context.ts';
import type { Catalog } from '../servers/catalog.ts';

/** Handlers of image templates. */
export function imageHandlers(catalog: Catalog) {
  return [
    handleOnManager(imageList, async () => ({
      images: (await catalog.list()).map(({ image }) => {
        const named = imageReference(image);
        const reference = 'reference' in named ? named.reference : image.registry;
        return { id: image.id, title: image.title, reference, runtimes: [...image.runtimes] };
      }),
    })),
    handleOnManager(imageShow, async ({ image }) => {
      const texts = await catalog.texts(image);
      return { id: texts.id, image: texts.image, template: texts.template };
    }),
  ];
}
