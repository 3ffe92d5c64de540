import { createPrivateKey, generateKeyPair, sign, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import {
  callOperation,
  fetchPinnedAuthority,
  type ManagerAddress,
  managerUrl,
  parseManagerUrl,
} from '../../platform/network/pinned-https.ts';
import { parseJoinCode } from '../../protocol/codes.ts';
import { HostName } from '../../protocol/entities/host.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { hostJoin, hostRenew } from '../../protocol/operations/host.ts';
import type { Peer } from '../../protocol/peer.ts';
import { holdServers } from '../servers/hold.ts';

/** Who this agent is to its manager, and how it knows that manager. */
export interface Identity {
  readonly hostId: string;
  readonly name: string;
  readonly manager: ManagerAddress;
  /** The manager's authority, in PEM: the only one this agent trusts. */
  readonly authority: string;
  readonly certificate: string;
  /** The agent's own key, made here, in PEM. It never leaves this machine. */
  readonly key: string;
}

const Kept = z.object({
  hostId: z.string(),
  name: HostName,
  manager: z.string(),
  authority: z.string(),
  certificate: z.string(),
  key: z.string(),
});

/** Where an agent keeps its identity: one file, so that key and certificate always belong together. */
export function identityFile(folder: string): string {
  return join(folder, 'identity.json');
}

/** Reads the identity of this agent; undefined when it has not joined. @throws ZedopsError when the file is damaged. */
export async function readIdentity(folder: string): Promise<Identity | undefined> {
  const path = identityFile(folder);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const kept = Kept.parse(JSON.parse(text));
    return { ...kept, manager: parseManagerUrl(kept.manager) };
  } catch (cause) {
    throw new ZedopsError('INVALID_INPUT', `The agent's identity in ${path} is damaged`, {
      hint: 'invite the host again and run zedops agent join',
      cause,
    });
  }
}

/**
 * Joins a manager with a one-time code: pins the authority the code names, makes a key, and has its certificate signed.
 * @throws ZedopsError FORBIDDEN for another authority, UNAUTHENTICATED for a code that is not valid (any more).
 */
export async function joinManager(folder: string, url: string, code: string, signal?: AbortSignal): Promise<Identity> {
  const manager = parseManagerUrl(url);
  const { fingerprint } = parseJoinCode(code);
  const authority = await fetchPinnedAuthority(manager, fingerprint, signal);
  const keys = await makeKeys();
  const request = { code, publicKey: keys.publicKey, proof: prove(keys.privateKey, code) };
  const reply = hostJoin.reply.parse(
    await callOperation({ address: manager, authority }, hostJoin.subject, request, signal),
  );
  const identity = {
    hostId: reply.hostId,
    name: reply.name,
    manager,
    authority,
    certificate: reply.certificate,
    key: keys.privateKey,
  };
  // Before it can be used: what this host ran under an earlier identity may be another host's by now.
  await holdServers(folder);
  await keepIdentity(folder, identity);
  return identity;
}

/** True when two thirds of the certificate's life are over. */
export function isDueForRenewal(identity: Identity, now: number): boolean {
  const { validFromDate, validToDate } = new X509Certificate(identity.certificate);
  const from = validFromDate.getTime();
  return now > from + ((validToDate.getTime() - from) * 2) / 3;
}

/** Has a connected manager sign a new key, and keeps it. */
export async function renewIdentity(folder: string, identity: Identity, peer: Peer): Promise<Identity> {
  const keys = await makeKeys();
  const reply = await peer.request(hostRenew, {
    publicKey: keys.publicKey,
    proof: prove(keys.privateKey, identity.hostId),
  });
  const renewed = { ...identity, certificate: reply.certificate, key: keys.privateKey };
  await keepIdentity(folder, renewed);
  return renewed;
}

async function keepIdentity(folder: string, identity: Identity): Promise<void> {
  await makePrivateFolder(folder);
  await writeAtomically(identityFile(folder), JSON.stringify({ ...identity, manager: managerUrl(identity.manager) }));
}

async function makeKeys(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Signs a text with the key, to show that whoever sends the public key holds the private one. */
function prove(privateKeyPem: string, text: string): string {
  return sign('sha256', Buffer.from(text), createPrivateKey(privateKeyPem)).toString('base64');
}
