import * as z from 'zod';

/** Items that one answer may have; a game without mods has some five thousand. */
export const mostItems = 20_000;

/** The id of an item, as `Module.Name`. */
export const ItemId = z.string().max(128);
