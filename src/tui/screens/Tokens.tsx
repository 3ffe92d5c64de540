import type { ReactElement } from 'react';
import { didYouMean } from '../../platform/did-you-mean.ts';
import { parseSpan } from '../../platform/span.ts';
import type { ApiToken } from '../../protocol/entities/person.ts';
import { tokenCreate, tokenList, tokenRevoke } from '../../protocol/operations/person.ts';
import { Permission } from '../../protocol/permissions.ts';
import { ask } from '../ask/Ask.tsx';
import type { AskProblem, AskState } from '../ask/ask-state.ts';
import { showOnce } from '../ask/Once.tsx';
import { type Column, unknown } from '../components/columns.ts';
import { detail, ListScreen, useList } from '../components/ListScreen.tsx';
import { type Tui, useTui, useTuiState } from '../context.ts';
import { fleetHindrance } from '../rights.ts';
import { dayAndTime } from '../spans.ts';
import { toldError } from '../told-error.ts';
import { useAnswer } from './lists/use-answer.ts';
import { confirm, type ScreenAction, tellOutcome, useScreenActions } from './lists/use-screen-actions.tsx';

const columns: readonly Column<ApiToken>[] = [
  { title: 'TOKEN', priority: 0, most: 32, least: 12, cell: ({ name }) => ['strong', name] },
  { title: 'MAY', priority: 3, most: 60, least: 12, cell: ({ permissions }) => permissions.join(' ') },
  { title: 'EXPIRES', priority: 1, most: 16, cell: ({ expiresAt }) => dayAndTime(expiresAt) ?? unknown },
  { title: 'LAST USED', priority: 2, most: 16, cell: ({ usedAt }) => dayAndTime(usedAt) ?? unknown },
];

/** One's own tokens for scripts: create one, shown once, and revoke. */
export function Tokens({ rows }: { readonly rows: number }): ReactElement {
  const tui = useTui();
  const { me } = useTuiState();
  const { client, isReadOnly } = tui;
  const asker = { me, isReadOnly };
  const answer = useAnswer(
    client ? async (signal) => (await client.call(tokenList, {}, signal)).tokens : undefined,
    '',
  );
  const list = useList(
    answer.value ?? [],
    ({ id }) => id,
    ({ name, permissions }) => `${name} ${permissions.join(' ')}`,
  );
  const token = list.selected;
  const name = token?.name ?? '<token>';
  const actions: readonly ScreenAction[] = [
    {
      id: 'token.create',
      label: 'Create a token',
      command: 'zedops token create <name> --permission server:read',
      why: fleetHindrance(tokenCreate, asker),
      begin: () => askForToken(tui, answer.again),
    },
    {
      id: 'token.revoke',
      label: `Revoke ${name}`,
      command: `zedops token revoke ${name} --yes`,
      why: fleetHindrance(tokenRevoke, asker) ?? (token === undefined ? 'there is no token' : undefined),
      begin: () => {
        if (!token) return;
        confirm(tui, {
          title: `Revoke the token ${name}`,
          warnings: ['What uses it stops working at once; live streams that use it are cut.'],
          command: `zedops token revoke ${name} --yes`,
          onYes: () => void tellOutcome(tui, `Revoke ${name}`, () => revoke(tui, token, answer.again)),
        });
      },
    },
    { id: 'rows.again', label: 'Ask anew', command: 'zedops token list', why: undefined, begin: answer.again },
  ];
  const dim = useScreenActions(['tokens', 'rows'], actions, []);
  return (
    <ListScreen
      rows={rows}
      title={['Your API tokens']}
      list={list}
      columns={columns}
      empty={answer.isAsking ? 'Asking' : 'None: a makes one for a script'}
      problem={answer.problem}
      details={({ id, permissions, createdAt, expiresAt, usedAt }) => [
        ...detail('id', id),
        ...detail('may', permissions.join(' ')),
        ...detail('created', dayAndTime(createdAt)),
        ...detail('expires', dayAndTime(expiresAt)),
        ...detail('last used', dayAndTime(usedAt) ?? 'never'),
      ]}
      places={['tokens']}
      dim={dim}
    />
  );
}

function wordsOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(/[\s,]+/).filter(Boolean);
}

function wrongToken({ name = '', permissions, lifetime = '' }: AskState['values']): AskProblem | undefined {
  if (!tokenCreate.request.shape.name.safeParse(name.trim()).success) {
    return { field: 'name', text: 'a token has a name of 1 to 64 letters' };
  }
  const words = wordsOf(permissions);
  const bad = words.find((word) => !Permission.safeParse(word).success);
  if (words.length === 0) return { field: 'permissions', text: `at least one of ${Permission.options.join(' ')}` };
  if (bad !== undefined) {
    const near = didYouMean(bad, Permission.options);
    return { field: 'permissions', text: `"${bad}" is no permission${near || `: ${Permission.options.join(' ')}`}` };
  }
  if (!tokenCreate.request.shape.lifetimeSeconds.safeParse((parseSpan(lifetime) ?? 0) / 1000).success) {
    return { field: 'lifetime', text: `"${lifetime}" is no length of time between 1m and 366d, such as 90d` };
  }
  return undefined;
}

function askForToken(tui: Tui, again: () => void): void {
  ask(tui, {
    title: 'Create an API token',
    fields: [
      { id: 'name', label: 'name', kind: 'text', hint: 'what it is for' },
      { id: 'permissions', label: 'may', kind: 'text', first: 'server:read', hint: Permission.options.join(' ') },
      { id: 'lifetime', label: 'for', kind: 'text', first: '90d', hint: 'such as 12h or 90d' },
    ],
    check: wrongToken,
    command: ({ name, permissions, lifetime = '' }) =>
      `zedops token create ${name?.trim() || '<name>'} ${wordsOf(permissions)
        .map((word) => `--permission ${word} `)
        .join('')}--lifetime ${lifetime}`,
    onDone: (values) => void create(tui, values, again),
  });
}

async function create(
  tui: Tui,
  { name = '', permissions, lifetime = '' }: AskState['values'],
  again: () => void,
): Promise<void> {
  if (!tui.client) return;
  try {
    const reply = await tui.client.call(tokenCreate, {
      name: name.trim(),
      permissions: wordsOf(permissions).map((word) => Permission.parse(word)),
      lifetimeSeconds: (parseSpan(lifetime) ?? 0) / 1000,
    });
    showOnce(tui, {
      title: `The token ${reply.token.name}, for ZEDOPS_TOKEN`,
      line: reply.secret,
      expiresAt: Date.parse(reply.token.expiresAt),
    });
    again();
  } catch (error) {
    const { why, hint } = toldError(error);
    tui.notify({ tone: 'bad', text: `Create a token: ${why}`, hint });
  }
}

async function revoke({ client }: Tui, { id, name }: ApiToken, again: () => void): Promise<string> {
  await client?.call(tokenRevoke, { token: id });
  again();
  return `the token ${name} is revoked`;
}
