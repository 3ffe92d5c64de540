import * as z from 'zod';
import { imageShow } from '../../protocol/operations/image.ts';
import { serverExport } from '../../protocol/operations/server.ts';
import { type Context, command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { plain } from '../output/talk.ts';

/** `zedops server export`. */
export const serverExportCommand = fromOperation(serverExport, {
  words: 'server export',
  positional: ['server'],
  details: ['Secrets are not part of it: they are in server.env, which lies beside it on the host.'],
  examples: ['zedops server export alpha > compose.yaml'],
  answer: 'show',
  text({ compose, folder }, _, context) {
    context.talk.note(`on the host it is in ${folder}`);
    return plain(compose);
  },
});

/** `zedops server template`. */
export const serverTemplateCommand = command({
  words: 'server template',
  summary: 'Print the annotated env file of an image, to fill in for server create',
  details: ['It comes from the manager; where none is known, from the templates that came with this program.'],
  subject: imageShow.subject,
  input: z.object({ image: z.string().min(1).max(256).describe('image template, such as steam-zomboid') }),
  positional: ['image'],
  examples: ['zedops server template steam-zomboid > alpha.env'],
  async run({ image }, context) {
    const template = await find(image, context);
    context.talk.show(template, () => plain(template.template));
    return undefined;
  },
});

async function find(image: string, context: Context): Promise<z.output<typeof imageShow.reply>> {
  const manager = await context.managerIfAny();
  if (manager) return manager.call(imageShow, { image }, context.signal);
  context.talk.note('no manager is known here: this is the template that came with this program');
  const { bundledImage } = await import('../input/bundled-images.ts');
  return bundledImage(image, context.paths);
}
