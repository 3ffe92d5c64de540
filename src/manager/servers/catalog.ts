import { didYouMean } from '../../platform/did-you-mean.ts';
import { type ImageTexts, readImageTexts } from '../../platform/files/image-texts.ts';
import type { Log } from '../../platform/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ImageTemplate } from '../../zomboid/images/image-template.ts';
import { parseImageTemplate } from '../../zomboid/images/read-image-template.ts';

/** The image templates servers can be made from: those that come with ZedOps, and those of the `images` folder. */
export interface Catalog {
  /** All that can be used, by id. */
  list(): Promise<readonly ImageTemplate[]>;
  /** The texts of one. @throws ZedopsError NOT_FOUND */
  texts(id: string): Promise<ImageTexts>;
  /** One, ready for use. @throws ZedopsError NOT_FOUND, or INVALID_INPUT for one with faults. */
  template(id: string): Promise<ImageTemplate>;
}

/** What {@link createCatalog} is made of. */
export interface CatalogDeps {
  /** Where templates are looked for; a later folder takes the place of an earlier one. */
  readonly folders: readonly string[];
  readonly log: Log;
}

const mostFaults = 5;

/** Makes the catalog. It reads the folders each time, so that a template is there as soon as its files are. */
export function createCatalog({ folders, log }: CatalogDeps): Catalog {
  const texts = async (id: string): Promise<ImageTexts> => {
    const all = await readImageTexts(folders);
    const found = all.find((one) => one.id === id);
    if (found) return found;
    const ids = all.map((one) => one.id);
    throw new ZedopsError('NOT_FOUND', `There is no image template ${id}${didYouMean(id, ids)}`, {
      hint: 'zedops image list',
    });
  };
  return {
    texts,
    async list() {
      return (await readImageTexts(folders)).flatMap(({ id, image, template }) => {
        const parsed = parseImageTemplate(id, image, template);
        if ('template' in parsed) return [parsed.template];
        log.warn({ image: id, faults: parsed.faults.length }, `an image template is left out: ${parsed.faults[0]}`);
        return [];
      });
    },
    async template(id) {
      const { image, template, folder } = await texts(id);
      const parsed = parseImageTemplate(id, image, template);
      if ('template' in parsed) return parsed.template;
      const faults = parsed.faults.slice(0, mostFaults).join('; ');
      throw new ZedopsError('INVALID_INPUT', `The image template ${id} has faults: ${faults}`, {
        hint: `see ${folder}`,
      });
    },
  };
}
