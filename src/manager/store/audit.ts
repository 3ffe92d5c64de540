import { isoTime } from '../../platform/clock.ts';
import { AuditRow } from '../../protocol/entities/audit.ts';
import type { Actor } from '../../protocol/entities/person.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Db } from './database.ts';

/** What is known when an operation begins. `details` is redacted already. */
export interface AuditBegin {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly requestId: string;
  readonly actor: Actor;
  readonly subject: string;
  readonly target: string | undefined;
  readonly details: unknown;
  /** Address the request came from; `socket` for the local socket. */
  readonly from: string;
}

/** How an operation ended. `target` may be known only now. */
export interface AuditEnd {
  readonly outcome: 'ok' | ErrorCode;
  readonly message: string | undefined;
  readonly durationMs: number;
  readonly target?: string | undefined;
}

/** Which rows {@link listAudit} is after. */
export interface AuditFilter {
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  /** A whole subject such as `server.stop`, or a noun such as `server`. */
  readonly subject?: string | undefined;
  /** Name or id of the one who asked. */
  readonly actor?: string | undefined;
  readonly limit: number;
}

/** Writes that an operation begins, before it has any effect. */
export async function beginAudit(db: Db, row: AuditBegin): Promise<void> {
  await db
    .insertInto('audit')
    .values({
      id: row.id,
      at: row.at,
      requestId: row.requestId,
      actorKind: row.actor.kind,
      actorId: row.actor.id,
      actorName: row.actor.name,
      subject: row.subject,
      target: row.target ?? null,
      outcome: 'begun',
      message: null,
      details: JSON.stringify(row.details ?? null),
      fromAddress: row.from,
      durationMs: null,
    })
    .execute();
}

/** Writes how an operation ended into the row it began with. */
export async function endAudit(db: Db, id: string, end: AuditEnd): Promise<void> {
  await db
    .updateTable('audit')
    .set({
      outcome: end.outcome,
      message: end.message ?? null,
      durationMs: end.durationMs,
      ...(end.target === undefined ? {} : { target: end.target }),
    })
    .where('id', '=', id)
    .execute();
}

/** Rows that fit, newest first. */
export async function listAudit(db: Db, { since, subject, actor, limit }: AuditFilter): Promise<AuditRow[]> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .$if(since !== undefined, (query) => query.where('at', '>=', since ?? 0))
    .$if(subject !== undefined, (query) =>
      query.where((where) =>
        // A range finds a noun's subjects by the index: `.` is followed by `/` in every character set we know.
        where.or([
          where('subject', '=', subject ?? ''),
          where.and([where('subject', '>=', `${subject}.`), where('subject', '<', `${subject}/`)]),
        ]),
      ),
    )
    .$if(actor !== undefined, (query) =>
      query.where((where) => where.or([where('actorName', '=', actor ?? ''), where('actorId', '=', actor ?? '')])),
    )
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) =>
    AuditRow.parse({
      id: row.id,
      at: isoTime(row.at),
      requestId: row.requestId,
      actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
      subject: row.subject,
      ...(row.target === null ? {} : { target: row.target }),
      outcome: row.outcome,
      ...(row.message === null ? {} : { message: row.message }),
      details: JSON.parse(row.details),
      from: row.fromAddress,
      ...(row.durationMs === null ? {} : { durationMs: row.durationMs }),
    }),
  );
}
