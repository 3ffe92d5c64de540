import type { X509Certificate } from 'node:crypto';
import type * as z from 'zod';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { makeCode, parseJoinCode, renewalText } from '../../protocol/codes.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import type { hostInvite, hostJoin, hostRenew } from '../../protocol/operations/host.ts';
import { addressGroup } from '../door/address.ts';
import { createAttempts } from '../door/attempts.ts';
import type { Live } from '../door/live.ts';
import { type Db, inTransaction } from '../store/database.ts';
import {
  activateHost,
  endPreviousCertificate,
  findHost,
  findHostByName,
  findHostWithCertificates,
  type HostRecord,
  renewHost,
  revokeHost,
  saveInvitedHost,
} from '../store/hosts.ts';
import { endJoinCodes, replaceJoinCode, useJoinCode } from '../store/join-codes.ts';
import type { Authority } from '../trust/authority.ts';
import { hashSecret } from '../trust/hash.ts';
import { isProof, readPublicKey } from './proof.ts';
import type { RejectionReason } from './rejection.ts';

/** A host that has shown a certificate which is good now. */
export interface AgentIdentity {
  readonly host: HostRecord;
  /** The certificate it came in with. */
  readonly serial: string;
  /** When that certificate ends, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** How hosts come to belong to the fleet, and how they leave it. */
export interface Enrolment {
  /** Makes the one-time code for a host, and ends an earlier one. @throws ZedopsError CONFLICT for a host that has joined. */
  invite(name: string): Promise<z.input<typeof hostInvite.reply>>;
  /**
   * Exchanges a code for a certificate; `from` is the address of whoever asks.
   * @throws ZedopsError UNAUTHENTICATED, in the same words whatever is wrong with the code.
   */
  join(request: z.output<typeof hostJoin.request>, from: string): Promise<z.input<typeof hostJoin.reply>>;
  /** Gives a connected agent its next certificate. @throws ZedopsError FORBIDDEN when proof or host are not good. */
  renew(agent: AgentIdentity, request: z.output<typeof hostRenew.request>): Promise<z.input<typeof hostRenew.reply>>;
  /** Refuses a host from now on and cuts its connections; says whether there was one. */
  revoke(hostId: string): Promise<{ readonly wasOnline: boolean }>;
  /** Says whose certificate that is, or why it does not let anyone in. */
  authenticate(
    certificate: X509Certificate | undefined,
  ): Promise<AgentIdentity | { readonly rejected: RejectionReason }>;
}

/** What {@link createEnrolment} is made of. */
export interface EnrolmentDeps {
  readonly db: Db;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly live: Pick<Live, 'cut'>;
}

const codeLifeMs = 3_600_000;

/** Makes the enrolment of hosts. */
export function createEnrolment({ db, authority, clock, live }: EnrolmentDeps): Enrolment {
  const attempts = createAttempts({ clock, what: 'this address', free: 5, longestMs: 300_000 });
  return {
    async invite(name) {
      const code = makeCode('join', authority.fingerprint);
      const now = clock.now();
      const expiresAt = now + codeLifeMs;
      const hostId = await inTransaction(db, async (tx) => {
        const known = await findHostByName(tx, name);
        if (known?.state === 'active') throw alreadyJoined(name);
        const id = known?.id ?? newId(now);
        await saveInvitedHost(tx, { id, name, at: now });
        await replaceJoinCode(tx, { hash: hashSecret(code), hostId: id, expiresAt });
        return id;
      });
      return { hostId, name, code, expiresAt: isoTime(expiresAt) };
    },

    async join({ code, publicKey, proof }, from) {
      const attempt = attempts.begin(addressGroup(from));
      const asked = formOf(() => ({ text: parseJoinCode(code).text, key: readPublicKey(publicKey) }), attempt.takeBack);
      // A code with a bad proof is looked up as a wrong one, so that both take as long.
      const hash = hashSecret(isProof(asked.key, asked.text, proof) ? asked.text : '');
      const reply = await inTransaction(db, async (tx) => {
        const now = clock.now();
        const hostId = await useJoinCode(tx, hash, now);
        const host = hostId === undefined ? undefined : await findHost(tx, hostId);
        if (host?.state !== 'invited') throw refusedCode();
        const issued = await authority.issueAgentCertificate(host.id, publicKey);
        await activateHost(tx, host.id, issued, now);
        return {
          hostId: host.id,
          name: host.name,
          certificate: issued.certificate,
          authority: authority.certificate,
          expiresAt: isoTime(issued.expiresAt),
        };
      });
      attempt.succeeded();
      return reply;
    },

    async renew({ host, serial }, { publicKey, proof }) {
      if (!isProof(readPublicKey(publicKey), renewalText(host.id), proof)) {
        throw new ZedopsError('FORBIDDEN', `The proof of ${host.name} is not by the key that is to be certified`);
      }
      const issued = await authority.issueAgentCertificate(host.id, publicKey);
      if (!(await renewHost(db, host.id, issued, serial))) {
        throw new ZedopsError(
          'FORBIDDEN',
          `${host.name} was revoked, or has a newer certificate than the one it asks with`,
        );
      }
      return { certificate: issued.certificate, expiresAt: isoTime(issued.expiresAt) };
    },

    async revoke(hostId) {
      await inTransaction(db, async (tx) => {
        await revokeHost(tx, hostId);
        await endJoinCodes(tx, hostId);
      });
      return { wasOnline: live.cut(`host:${hostId}`, 'this host was revoked') > 0 };
    },

    async authenticate(certificate) {
      if (!certificate) return { rejected: 'no-certificate' };
      const claim = authority.verifyAgentCertificate(certificate);
      if (!claim) return { rejected: 'unknown' };
      if (claim.expiresAt <= clock.now()) return { rejected: 'expired' };
      const found = await findHostWithCertificates(db, claim.hostId);
      if (!found) return { rejected: 'unknown' };
      const { host, certificates } = found;
      if (host.state !== 'active') return { rejected: 'revoked' };
      const identity = { host, serial: claim.serial, expiresAt: claim.expiresAt };
      if (claim.serial === certificates.serial && claim.keyFingerprint === certificates.keyFingerprint) {
        if (certificates.previousSerial !== undefined) await endPreviousCertificate(db, host.id);
        return identity;
      }
      // The reply that carried the newest may have been lost; then the agent still has this one.
      if (claim.serial === certificates.previousSerial) return identity;
      return { rejected: 'superseded' };
    },
  };
}

function formOf<Form>(read: () => Form, onBadForm: () => void): Form {
  try {
    return read();
  } catch (error) {
    onBadForm();
    throw error;
  }
}

function alreadyJoined(name: string): ZedopsError {
  return new ZedopsError('CONFLICT', `${name} has joined already`, {
    hint: `to let it join anew, first run: zedops host revoke ${name}`,
  });
}

function refusedCode(): ZedopsError {
  return new ZedopsError('UNAUTHENTICATED', 'This join code is not valid: it was used, has expired, or never was one', {
    hint: 'zedops host invite <name> makes a new one',
  });
}
