import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Actor } from '../../protocol/entities/person.ts';
import { toWireError, ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import type { OperationShape } from '../../protocol/operation.ts';
import { redact } from '../../protocol/redact.ts';
import { type AuditEnd, beginAudit, endAudit } from '../store/audit.ts';
import type { Db } from '../store/database.ts';
import { withoutCommandSecrets } from './command-secrets.ts';

/** One operation as the audit sees it when it begins. */
export interface AuditedRequest {
  readonly operation: OperationShape;
  /** Parsed. Secrets are taken out here. */
  readonly input: unknown;
  readonly actor: Actor;
  readonly requestId: string;
  readonly from: string;
  /** Name of the server or host it is about. */
  readonly target: string | undefined;
}

/** A row that has begun. */
export interface AuditEntry {
  /** Names what the operation turned out to be about. */
  about(name: string): void;
  /** Writes how it ended: well, or with what was thrown. Never throws: the operation is over. */
  end(error?: unknown): Promise<void>;
}

/** Who did what: a row on the disk before each effect, and how it ended after. */
export interface AuditTrail {
  /** @throws ZedopsError INTERNAL where the row cannot be written, so that the operation must not be done. */
  begin(request: AuditedRequest): Promise<AuditEntry>;
}

/** Makes the audit trail. */
export function createAuditTrail({ db, clock, log }: { db: Db; clock: Clock; log: Log }): AuditTrail {
  return {
    async begin({ operation, input, actor, requestId, from, target }) {
      const at = clock.now();
      const id = newId(at);
      let named = target;
      const details = redact(operation.request, withoutCommandSecrets(operation.subject, input));
      try {
        await beginAudit(db, { id, at, requestId, actor, subject: operation.subject, target, details, from });
      } catch (cause) {
        throw new ZedopsError('INTERNAL', `${operation.subject} was not done, because the audit cannot be written`, {
          hint: 'zedops doctor',
          cause,
        });
      }
      return {
        about(name) {
          named = name;
        },
        async end(error) {
          const told = error === undefined ? undefined : toWireError(error, requestId);
          const outcome: AuditEnd['outcome'] = told?.code ?? 'ok';
          const end = { outcome, message: told?.message, durationMs: clock.now() - at, target: named };
          try {
            await endAudit(db, id, end);
          } catch (problem) {
            const fields = { id: requestId, subject: operation.subject, outcome };
            log.error({ ...fields, error: problem instanceof Error ? problem : undefined }, 'an audit row has no end');
          }
        },
      };
    },
  };
}
