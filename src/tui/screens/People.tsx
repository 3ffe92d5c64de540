import type { ReactElement } from 'react';
import { publicAddress } from '../../client/connect/public-address.ts';
import { Email, type Person } from '../../protocol/entities/person.ts';
import { userAdd, userEdit, userList, userRemove } from '../../protocol/operations/person.ts';
import { type Grant, Role } from '../../protocol/permissions.ts';
import { ask } from '../ask/Ask.tsx';
import type { AskState } from '../ask/ask-state.ts';
import { showOnce } from '../ask/Once.tsx';
import { type Column, unknown } from '../components/columns.ts';
import { detail, ListScreen, useList } from '../components/ListScreen.tsx';
import { type Tui, useTui, useTuiState } from '../context.ts';
import { fleetHindrance } from '../rights.ts';
import { dayAndTime } from '../spans.ts';
import type { TuiState } from '../store/state.ts';
import { toldError } from '../told-error.ts';
import { useAnswer } from './lists/use-answer.ts';
import { confirm, type ScreenAction, tellOutcome, useScreenActions } from './lists/use-screen-actions.tsx';

/** Who may sign in and what they may do; add with a one-time code, remove. */
export function People({ rows }: { readonly rows: number }): ReactElement {
  const tui = useTui();
  const state = useTuiState();
  const asker = { me: state.me, isReadOnly: tui.isReadOnly };
  const { client } = tui;
  const why = fleetHindrance(userList, asker);
  const answer = useAnswer(
    client && why === undefined ? async (signal) => (await client.call(userList, {}, signal)).people : undefined,
    '',
  );
  const may = (person: Person): string => person.grants.map((grant) => grantText(grant, state)).join(', ');
  const list = useList(
    answer.value ?? [],
    ({ id }) => id,
    (person) => `${person.email} ${may(person)}`,
  );
  const email = list.selected?.email;
  const actions: readonly ScreenAction[] = [
    {
      id: 'user.add',
      label: 'Add a person',
      command: 'zedops user add <e-mail> --role operator',
      why: fleetHindrance(userAdd, asker),
      begin: () => askForPerson(tui, answer.again),
    },
    {
      id: 'user.edit',
      label: `Change what ${email ?? 'a person'} may do`,
      command: `zedops user edit ${email ?? '<e-mail>'} --role operator`,
      why: fleetHindrance(userEdit, asker) ?? (list.selected === undefined ? 'nobody is selected' : undefined),
      begin: () => {
        if (list.selected) askForRole(tui, list.selected, may(list.selected), answer.again);
      },
    },
    {
      id: 'user.remove',
      label: `Remove ${email ?? 'a person'}`,
      command: `zedops user remove ${email ?? '<e-mail>'} --yes`,
      why: fleetHindrance(userRemove, asker) ?? (email === undefined ? 'nobody is selected' : undefined),
      begin: () => {
        if (email === undefined) return;
        confirm(tui, {
          title: `Remove ${email}`,
          warnings: [
            'They cannot sign in any more; their sessions and API tokens end at once.',
            ...(state.me?.actor.name === email ? ['This is you.'] : []),
          ],
          command: `zedops user remove ${email} --yes`,
          onYes: () => void tellOutcome(tui, `Remove ${email}`, () => remove(tui, email, answer.again)),
        });
      },
    },
    { id: 'rows.again', label: 'Ask anew', command: 'zedops user list', why, begin: answer.again },
  ];
  const dim = useScreenActions(['people', 'rows'], actions, []);
  return (
    <ListScreen
      rows={rows}
      title={['People']}
      list={list}
      columns={personColumns(may)}
      empty={why ?? (answer.isAsking ? 'Asking' : 'Nobody yet: a adds someone')}
      problem={answer.problem}
      details={(person) => [
        ...detail('e-mail', ['strong', person.email]),
        ...person.grants.flatMap((grant) => detail('may', grantText(grant, state))),
        ...detail('added', dayAndTime(person.createdAt)),
        ...detail('signed in', signedIn(person)),
      ]}
      places={['people']}
      dim={dim}
    />
  );
}

function personColumns(may: (person: Person) => string): readonly Column<Person>[] {
  return [
    { title: 'E-MAIL', priority: 0, most: 48, least: 16, cell: ({ email }) => ['strong', email] },
    { title: 'MAY', priority: 1, most: 60, least: 12, cell: may },
    { title: 'SIGNED IN', priority: 2, most: 16, cell: (person) => signedIn(person) ?? unknown },
  ];
}

function signedIn({ invited, signedInAt }: Person): string | undefined {
  return invited ? 'invited, not yet' : dayAndTime(signedInAt);
}

const everywhere = 'everywhere';

function grantText(grant: Grant, state: TuiState): string {
  const place = placeOf(grant, state);
  return place === everywhere ? grant.role : `${grant.role} on ${place}`;
}

function placeOf({ scope }: Grant, { hosts, servers }: TuiState): string {
  if (scope.kind === 'global') return everywhere;
  const named = scope.kind === 'host' ? hosts.get(scope.id) : servers.get(scope.id);
  return `${scope.kind} ${named?.name ?? scope.id}`;
}

/** Where a role may hold, as it is chosen and as the command line has it: `host box-1`. */
function placesOf({ hosts, servers }: TuiState): readonly string[] {
  const names = (of: Iterable<{ readonly name: string }>): string[] => [...of].map(({ name }) => name).toSorted();
  return [
    everywhere,
    ...names(hosts.values()).map((name) => `host ${name}`),
    ...names(servers.values()).map((name) => `server ${name}`),
  ];
}

function placeRequest(place: string | undefined): { readonly host?: string; readonly server?: string } {
  const [kind, name = ''] = (place ?? '').split(' ');
  return kind === 'host' ? { host: name } : kind === 'server' ? { server: name } : {};
}

const roleWords = ({ role = '', place = '' }: AskState['values']): string =>
  `--role ${role}${place === everywhere ? '' : ` --${place}`}`;

const also = 'besides what they have';

function askForRole(tui: Tui, person: Person, may: string, again: () => void): void {
  const { email, grants } = person;
  const [first] = grants;
  const state = tui.store.state();
  const place = first === undefined ? everywhere : placeOf(first, state);
  // Of a server that is gone too: a role must not become wider by being looked at.
  const places = [...new Set([place, ...placesOf(state)])];
  ask(tui, {
    title: `What ${email} may do: now ${may === '' ? 'nothing' : may}`,
    fields: [
      {
        id: 'role',
        label: 'role',
        kind: 'choice',
        choices: [...Role.options].toReversed(),
        first: first?.role ?? 'viewer',
        hint: '← → choose',
      },
      { id: 'place', label: 'where', kind: 'choice', choices: places, hint: '← → choose' },
      { id: 'also', label: 'and', kind: 'choice', choices: ['nothing else', also], hint: '← → choose, Enter does it' },
    ],
    check: () => undefined,
    command: (values) => `zedops user edit ${email} ${roleWords(values)}${values.also === also ? ' --also' : ''}`,
    onDone: (values) => void tellOutcome(tui, `Change ${email}`, () => edit(tui, email, values, again)),
  });
}

async function edit({ client }: Tui, email: string, values: AskState['values'], again: () => void): Promise<string> {
  const { role, place, also: others } = values;
  await client?.call(userEdit, { email, role: Role.parse(role), also: others === also, ...placeRequest(place) });
  again();
  return `${email} is ${role} ${place === everywhere ? place : `on ${place}`} from now on`;
}

function askForPerson(tui: Tui, again: () => void): void {
  ask(tui, {
    title: 'Add a person',
    fields: [
      { id: 'email', label: 'e-mail', kind: 'text', hint: 'they sign in with it' },
      { id: 'role', label: 'role', kind: 'choice', choices: [...Role.options].toReversed(), hint: '← → choose' },
      { id: 'place', label: 'where', kind: 'choice', choices: placesOf(tui.store.state()), hint: '← → choose' },
    ],
    check({ email = '' }) {
      return Email.safeParse(email).success ? undefined : { field: 'email', text: `"${email}" is no e-mail address` };
    },
    command: (values) => `zedops user add ${values.email?.trim() || '<e-mail>'} ${roleWords(values)}`,
    onDone: (values) => void add(tui, values, again),
  });
}

/** Shows the line with which they sign in first. Its code is in no state and no log. */
async function add(tui: Tui, { email = '', role, place }: AskState['values'], again: () => void): Promise<void> {
  const { client, publicUrl } = tui;
  if (!client) return;
  try {
    const url = await publicAddress({ manager: client, set: publicUrl, scheme: 'https' });
    const reply = await client.call(userAdd, { email, role: Role.parse(role), ...placeRequest(place) });
    showOnce(tui, {
      title: `Give this line to ${reply.person.email}: it works once`,
      line: `zedops login ${url} --code ${reply.code}`,
      expiresAt: Date.parse(reply.expiresAt),
    });
    again();
  } catch (error) {
    const { why, hint } = toldError(error);
    tui.notify({ tone: 'bad', text: `Add ${email}: ${why}`, hint });
  }
}

async function remove({ client }: Tui, email: string, again: () => void): Promise<string> {
  const reply = await client?.call(userRemove, { email });
  again();
  return `${email} is removed; ${reply?.sessionsEnded ?? 0} sessions have ended`;
}
