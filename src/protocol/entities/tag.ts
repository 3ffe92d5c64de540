import * as z from 'zod';

/** A word that people give servers and hosts to find them by. */
export const Tag = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._:-]{0,31}$/, 'a tag has 1 to 32 of a-z, 0-9, dot, colon, dash and underscore');

/** Most tags that one server or host may have. */
export const mostTags = 32;

/** The tags of a server or host, in alphabetical order. */
export const Tags = z.array(Tag).max(mostTags);
