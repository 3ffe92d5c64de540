import * as z from 'zod';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** The image templates the manager knows, its own and those of its `images` folder. */
export const imageList = operation({
  subject: 'image.list',
  summary: 'List the image templates servers can be made from',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({
    images: z.array(
      z.object({ id: z.string(), title: z.string(), reference: z.string(), runtimes: z.array(z.string()) }),
    ),
  }),
  timeoutMs: 10_000,
});

/** The two texts of a template, so that a face can check an env file and name line and column. */
export const imageShow = operation({
  subject: 'image.show',
  summary: 'Show an image template',
  runsOn: 'manager',
  audience: 'people',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ image: z.string().min(1).max(256).describe('image template') }),
  progress: noProgress,
  reply: z.object({ id: z.string(), image: z.string(), template: z.string() }),
  timeoutMs: 10_000,
});
