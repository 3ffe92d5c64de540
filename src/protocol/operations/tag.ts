import * as z from 'zod';
import { HostName, HostRef } from '../entities/host.ts';
import { ServerName, ServerRef } from '../entities/server.ts';
import { Tag, Tags } from '../entities/tag.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

const change = {
  add: Tags.default([]).describe('tags to add'),
  remove: Tags.default([]).describe('tags to remove'),
};

/** Gives a server tags and takes some away. Adding what is there and removing what is not changes nothing. */
export const serverTag = operation({
  subject: 'server.tag',
  summary: 'Change the tags of a server',
  runsOn: 'manager',
  audience: 'people',
  target: 'server',
  permission: 'server:configure',
  effect: 'write',
  request: z.object({ server: ServerRef, ...change }),
  progress: noProgress,
  reply: z.object({ name: ServerName, tags: z.array(Tag) }),
  timeoutMs: 10_000,
});

/** Gives a host tags and takes some away; see {@link serverTag}. */
export const hostTag = operation({
  subject: 'host.tag',
  summary: 'Change the tags of a host',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'host:manage',
  effect: 'write',
  request: z.object({ host: HostRef, ...change }),
  progress: noProgress,
  reply: z.object({ name: HostName, tags: z.array(Tag) }),
  timeoutMs: 10_000,
});
