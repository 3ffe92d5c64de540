import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until `test` gives something true, and fails with what it saw last after `seconds`. */
export async function eventually<Result>(
  what: string,
  test: () => Promise<Result | undefined | false> | Result | undefined | false,
  seconds = 30,
): Promise<Result> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const result = await test();
      if (result !== undefined && result !== false) return result;
      last = result;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what} did not come true within ${seconds} s`, { cause: last });
    await pause(50);
  }
}
