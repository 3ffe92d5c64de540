import type * as z from 'zod';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { programVersion } from '../../platform/program-version.ts';
import { invalidInput, ZedopsError } from '../../protocol/errors.ts';
import { operations } from '../../protocol/operations/index.ts';
import { systemHello, systemPing } from '../../protocol/operations/system.ts';
import { oldestProtocolVersion, protocolVersion } from '../../protocol/version.ts';

/** What the other end said of itself. */
export type Hello = z.output<typeof systemHello.request>;

/** What the manager says of itself on every wire. */
export function ownHello(): z.input<typeof systemHello.reply> {
  const answered = operations.filter(({ audience }) => audience !== 'manager');
  return { protocol: protocolVersion, version: programVersion, subjects: answered.map(({ subject }) => subject) };
}

/** Reads the other end's first words. @throws ZedopsError UNSUPPORTED for a version that is not spoken any more. */
export function readHello(data: unknown): Hello {
  const hello = systemHello.request.safeParse(data);
  if (!hello.success) throw invalidInput(systemHello.subject, hello.error);
  if (hello.data.protocol >= oldestProtocolVersion) return hello.data;
  throw new ZedopsError(
    'UNSUPPORTED',
    `ZedOps ${hello.data.version} speaks version ${hello.data.protocol} of the wire, and this manager from ${oldestProtocolVersion} on`,
    { hint: `upgrade it to ${programVersion}` },
  );
}

/** Answers either of the two questions that every end may ask; undefined for any other. */
export function answerGreeting(subject: string, data: unknown, clock: Clock): unknown {
  if (subject === systemPing.subject) return { clock: isoTime(clock.now()) };
  if (subject !== systemHello.subject) return undefined;
  readHello(data);
  return ownHello();
}
