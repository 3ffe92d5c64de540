import * as z from 'zod';

/** Where lines are published and viewed: a server's log on a manager, or a subject on a NATS server. */
export const Target = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('zedops'),
    url: z.string(),
    /** Home of someone who is signed in. */
    home: z.string(),
    server: z.string(),
    /** For the publisher alone: how it joins, and where it keeps its identity. */
    code: z.string(),
    folder: z.string(),
  }),
  z.object({ kind: z.literal('nats'), port: z.int(), authority: z.string() }),
]);
export type Target = z.infer<typeof Target>;

/** What the publishing process is told. */
export const ToPublisher = z.discriminatedUnion('do', [
  z.object({ do: z.literal('connect'), target: Target }),
  /** Publishes a line now and then, so that viewers notice that they are there. */
  z.object({ do: z.literal('warm'), on: z.boolean() }),
  /** `perSecond` 0: as fast as `window` lines ahead of the slowest viewer allow. */
  z.object({ do: z.literal('publish'), lines: z.int(), perSecond: z.int(), window: z.int() }),
  z.object({ do: z.literal('acknowledge'), through: z.int() }),
]);
export type ToPublisher = z.infer<typeof ToPublisher>;

/** What the publishing process tells. Times are nanoseconds of process.hrtime(), the same in all processes of a machine. */
export const FromPublisher = z.discriminatedUnion('did', [
  z.object({ did: z.literal('connect') }),
  z.object({ did: z.literal('publish'), begunAt: z.number() }),
]);

/** What a process of viewers is told. */
export const ToViewers = z.discriminatedUnion('do', [
  z.object({ do: z.literal('connect'), target: Target, count: z.int() }),
  /** Counts from here on until each viewer has had `lines`. `timed`: takes every line's age too. */
  z.object({ do: z.literal('count'), lines: z.int(), timed: z.boolean() }),
]);
export type ToViewers = z.infer<typeof ToViewers>;

/** What a process of viewers tells. */
export const FromViewers = z.discriminatedUnion('did', [
  /** All are connected and have had a line. */
  z.object({ did: z.literal('connect') }),
  z.object({ did: z.literal('read'), through: z.int() }),
  z.object({
    did: z.literal('count'),
    endedAt: z.number(),
    /** Lines that viewers were told they missed, all viewers together. */
    lost: z.int(),
    /** Milliseconds from publishing to the viewer. */
    ages: z.instanceof(Float64Array),
  }),
]);

/** Nanoseconds on a clock that all processes of a machine share. */
export function sharedClock(): number {
  return Number(process.hrtime.bigint());
}
