import type { ReactElement } from 'react';
import { publicAddress } from '../../client/connect/public-address.ts';
import { HostName, type HostSummary } from '../../protocol/entities/host.ts';
import type { OperationShape } from '../../protocol/operation.ts';
import { hostDoctor, hostInvite, hostPing, hostRemove, hostRevoke } from '../../protocol/operations/host.ts';
import { ask } from '../ask/Ask.tsx';
import { showOnce } from '../ask/Once.tsx';
import { ListScreen, useList } from '../components/ListScreen.tsx';
import { type Tui, useTui, useTuiState } from '../context.ts';
import type { Piece } from '../pieces.ts';
import { fleetHindrance, rightsHindrance } from '../rights.ts';
import { toldError } from '../told-error.ts';
import { hostDetails, hostListColumns } from './host-rows.ts';
import { confirm, type ScreenAction, tellOutcome, useScreenActions } from './lists/use-screen-actions.tsx';

/** Every host: its connection, engine and machine; invite, ping, examine, revoke and remove. */
export function Hosts({ rows }: { readonly rows: number }): ReactElement {
  const tui = useTui();
  const state = useTuiState();
  const hosts = [...state.hosts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const list = useList(
    hosts,
    ({ id }) => id,
    ({ name, connection, tags = [] }) => `${name} ${connection} ${tags.join(' ')}`,
  );
  const host = list.selected;
  const asker = { me: state.me, isReadOnly: tui.isReadOnly };
  const on = (
    operation: OperationShape,
    because?: (selected: HostSummary) => string | undefined,
  ): string | undefined =>
    host === undefined
      ? 'there is no host'
      : (rightsHindrance(operation, { kind: 'host', hostId: host.id }, host.name, asker) ?? because?.(host));
  const name = host?.name ?? '<host>';
  const served = [...state.servers.values()].filter(({ hostId }) => hostId === host?.id).map((server) => server.name);
  const isAway = ({ connection }: HostSummary): string | undefined =>
    connection === 'online' ? undefined : `${name} is ${connection}`;
  const actions: readonly ScreenAction[] = [
    {
      id: 'host.invite',
      label: 'Invite a host',
      command: 'zedops host invite <name>',
      why: fleetHindrance(hostInvite, asker),
      begin: () => askForName(tui),
    },
    {
      id: 'host.doctor',
      label: `Examine ${name}`,
      command: `zedops doctor ${name}`,
      why: on(hostDoctor),
      begin: () => tui.store.apply({ kind: 'go', route: { screen: 'doctor', ...(host ? { id: host.id } : {}) } }),
    },
    {
      id: 'host.ping',
      label: `Ping ${name}`,
      command: `zedops host ping ${name}`,
      why: on(hostPing, isAway),
      begin: () => void tellOutcome(tui, `Ping ${name}`, () => ping(tui, name)),
    },
    {
      id: 'host.revoke',
      label: `Revoke ${name}`,
      command: `zedops host revoke ${name} --yes`,
      why: on(hostRevoke, ({ connection }) => (connection === 'revoked' ? `${name} is revoked` : undefined)),
      begin: () =>
        confirm(tui, {
          title: `Revoke ${name}`,
          warnings: revokeWarnings(name, served),
          command: `zedops host revoke ${name} --yes`,
          onYes: () => void tellOutcome(tui, `Revoke ${name}`, () => revoke(tui, name)),
        }),
    },
    {
      id: 'host.remove',
      label: `Remove ${name}`,
      command: `zedops host remove ${name} --yes`,
      why: on(hostRemove, ({ servers }) =>
        servers > 0 ? `${name} has ${countOf(servers)}: move or purge them first` : undefined,
      ),
      begin: () =>
        confirm(tui, {
          title: `Remove ${name} from the list`,
          warnings: ['Its certificate is refused from then on; what is on its disk stays there.'],
          command: `zedops host remove ${name} --yes`,
          onYes: () => void tellOutcome(tui, `Remove ${name}`, () => remove(tui, name)),
        }),
    },
  ];
  const reads = ['zedops host list', `zedops host show ${name}`, `zedops host metrics ${name}`];
  const dim = useScreenActions(['hosts'], actions, reads);
  const online = hosts.filter(({ connection }) => connection === 'online').length;
  const title: Piece[] = [`${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`, ['dim', ` · ${online} online`]];
  return (
    <ListScreen
      rows={rows}
      title={title}
      list={list}
      columns={hostListColumns(state.metrics)}
      empty="No hosts yet: i invites one"
      details={(one) => hostDetails(one, state.metrics.hosts.get(one.id))}
      places={['hosts']}
      dim={dim}
    />
  );
}

function countOf(servers: number): string {
  return `${servers} ${servers === 1 ? 'server' : 'servers'}`;
}

function revokeWarnings(name: string, servers: readonly string[]): readonly string[] {
  const some = servers.slice(0, 6).join(', ') + (servers.length > 6 ? `, and ${servers.length - 6} more` : '');
  return [
    `The agent of ${name} is refused from now on, and its connection is cut.`,
    servers.length === 0
      ? 'It has no servers.'
      : `${countOf(servers.length)} can then not be reached through ZedOps: ${some}. Games run on.`,
    'It comes back only by a new invitation.',
  ];
}

function askForName(tui: Tui): void {
  ask(tui, {
    title: 'Invite a host',
    fields: [{ id: 'name', label: 'name', kind: 'text', hint: 'the name it shall have, such as box-2' }],
    check({ name = '' }) {
      const read = HostName.safeParse(name.trim());
      return read.success
        ? undefined
        : { field: 'name', text: `"${name}": ${read.error.issues[0]?.message ?? 'is no name'}` };
    },
    command: ({ name = '' }) => `zedops host invite ${name.trim() || '<name>'}`,
    onDone: ({ name = '' }) => void invite(tui, name.trim()),
  });
}

/** Shows the line to run on the new host. Its code is in no state and no log. */
async function invite(tui: Tui, name: string): Promise<void> {
  const { client, publicUrl } = tui;
  if (!client) return;
  try {
    const url = await publicAddress({ manager: client, set: publicUrl, scheme: 'wss' });
    const { code, expiresAt } = await client.call(hostInvite, { name });
    showOnce(tui, {
      title: `Run this on ${name}: it works once`,
      line: `zedops agent join ${url} --code ${code}`,
      expiresAt: Date.parse(expiresAt),
    });
  } catch (error) {
    const { why, hint } = toldError(error);
    tui.notify({ tone: 'bad', text: `Invite ${name}: ${why}`, hint });
  }
}

async function ping({ client }: Tui, host: string): Promise<string> {
  if (!client) return '';
  const { managerToHostMs, hostToManagerMs, clockSkewMs } = await client.call(hostPing, { host });
  const ms = (number: number): string => `${Math.round(number * 10) / 10} ms`;
  const clock =
    Math.abs(clockSkewMs) < 50
      ? 'its clock in step'
      : `its clock ${ms(Math.abs(clockSkewMs))} ${clockSkewMs > 0 ? 'ahead' : 'behind'}`;
  return `${host}: ${ms(managerToHostMs)} there and back, ${ms(hostToManagerMs)} from its side, ${clock}`;
}

async function revoke({ client }: Tui, host: string): Promise<string> {
  const reply = await client?.call(hostRevoke, { host });
  return `${host} is revoked${reply?.wasOnline ? '; its connection was cut' : ''}`;
}

async function remove({ client }: Tui, host: string): Promise<string> {
  await client?.call(hostRemove, { host });
  return `${host} is removed`;
}
