import { portCheck, portSuggest } from '../../protocol/operations/port.ts';
import { holderText, portText } from '../../protocol/port-text.ts';
import type { DeskParts } from './desk-parts.ts';
import { type Draft, type FormPort, portsOf } from './drafts.ts';
import { fieldValue, reduceForm } from './form.ts';

/** Notes at each port of a form who has it already, where that is somebody else. Asked once for the same ports. */
export async function askPorts({ client, drafts, signal, hosts }: DeskParts, key: string): Promise<void> {
  const draft = drafts.find(key);
  const host = draft && hostOf(draft, hosts());
  const ports = draft ? portsOf(draft).filter(({ id, name }) => isOfHost(name, host) && isNew(draft, id)) : [];
  const asked = `${host?.id} ${ports.map(portText).join(' ')}`;
  if (!draft || asked === draft.askedPorts) return;
  drafts.change(key, (now) => ({ ...now, askedPorts: asked }));
  if (host === undefined || ports.length === 0) {
    drafts.change(key, (now) => ({ ...now, notes: new Map() }));
    return;
  }
  const request = { host: host.id, ports: ports.map(({ port, protocol }) => ({ port, protocol })) };
  const { taken } = await client.call(portCheck, request, signal).catch((error: unknown) => {
    // What was not answered is asked again with the next key.
    drafts.change(key, ({ askedPorts, ...now }) => now);
    throw error;
  });
  const others = taken.filter(({ holder }) => holder.serverId === undefined || holder.serverId !== draft.server?.id);
  const notes = new Map(
    ports.flatMap((port: FormPort) => {
      const found = others.find((other) => portText(other) === portText(port));
      if (found === undefined) return [];
      return [[port.id, `${portText(port)} is taken by ${holderText(found)}; p puts free ones in`] as const];
    }),
  );
  // Meanwhile others may have been typed.
  drafts.change(key, (now) => (now.askedPorts === asked ? { ...now, notes } : now));
}

/** Puts free ports into a form. */
export async function suggestPorts({ client, drafts, signal, notify, hosts }: DeskParts, key: string): Promise<void> {
  const draft = drafts.find(key);
  const host = draft && hostOf(draft, hosts());
  if (!draft || !host) {
    notify({ tone: 'warn', text: 'Choose a host first: ports are free on one or taken on one' });
    return;
  }
  const { sets } = await client.call(portSuggest, { host: host.id }, signal);
  const [free] = sets;
  if (free === undefined) {
    notify({
      tone: 'warn',
      text: `${host.name} has no free ports from 16261 to 16400`,
      hint: 'zedops port suggest --from',
    });
    return;
  }
  const values = new Map(
    portsOf(draft).flatMap(({ id, name }) => {
      const port = free[name];
      return port === undefined ? [] : [[id, String(port)] as const];
    }),
  );
  drafts.change(key, (now) => ({ ...now, notes: new Map(), form: reduceForm(now.form, { kind: 'fill', values }) }));
  notify({ tone: 'good', text: `Free on ${host.name}: ${[...values.values()].join(', ')}` });
}

function hostOf(
  { form, server }: Draft,
  hosts: ReturnType<DeskParts['hosts']>,
): ReturnType<DeskParts['hosts']>[number] | undefined {
  const name = fieldValue(form, 'host');
  return hosts.find(({ id, name: other }) => (server ? id === server.hostId : other === name));
}

/** RCON's port is one of the host's only where servers are plain processes. */
function isOfHost(name: FormPort['name'], host: ReturnType<DeskParts['hosts']>[number] | undefined): boolean {
  return name !== 'rcon' || host?.facts?.runtime.kind === 'process';
}

/** The ports a server has are its own. */
function isNew({ form, server }: Draft, id: string): boolean {
  return server === undefined || fieldValue(form, id) !== form.before.get(id);
}
