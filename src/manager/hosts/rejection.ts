import { ZedopsError } from '../../protocol/errors.ts';

/** Why an agent is not let in. Each holds until someone at a keyboard does something about it. */
export type RejectionReason = 'no-certificate' | 'unknown' | 'expired' | 'superseded' | 'revoked';

/** What an agent that is not let in is told. */
export function rejectionError(reason: RejectionReason): ZedopsError {
  const hint = 'run `zedops host invite` on the manager, then `zedops agent join` here';
  return new ZedopsError(reason === 'no-certificate' ? 'UNAUTHENTICATED' : 'FORBIDDEN', messages[reason], { hint });
}

const messages: Readonly<Record<RejectionReason, string>> = {
  'no-certificate': 'This agent showed no certificate; it has not joined',
  unknown: 'This agent’s certificate is not one of this manager’s hosts',
  expired: 'This agent’s certificate has expired',
  superseded: 'This agent’s certificate was replaced by a newer one; someone else may be using it',
  revoked: 'This host was revoked',
};
