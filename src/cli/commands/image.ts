import { imageList, imageShow } from '../../protocol/operations/image.ts';
import type { Command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { table } from '../output/format.ts';
import { plain } from '../output/talk.ts';

/** The commands of `zedops image`. */
export const imageCommands: readonly Command[] = [
  fromOperation(imageList, {
    words: 'image list',
    examples: ['zedops image list'],
    answer: 'show',
    text: ({ images }) =>
      table(
        ['IMAGE', 'TITLE', 'REFERENCE', 'RUNS AS'],
        images.map(({ id, title, reference, runtimes }) => [id, title, reference, runtimes.join(', ')]),
      ),
  }),
  fromOperation(imageShow, {
    words: 'image show',
    positional: ['image'],
    details: ['Prints its image.yaml; zedops server template prints the env file that belongs to it.'],
    examples: ['zedops image show steam-zomboid'],
    answer: 'show',
    text: ({ image }) => plain(image),
  }),
];
