import type { ReactElement } from 'react';
import { parseSignInCode } from '../../protocol/codes.ts';
import { Email, NewPassword } from '../../protocol/entities/person.ts';
import { ask } from '../ask/Ask.tsx';
import type { AskProblem, AskState } from '../ask/ask-state.ts';
import { Panel } from '../components/Overlay.tsx';
import { type Tui, useActions } from '../context.ts';
import type { SignInGiven } from '../first-run.ts';
import { layers } from '../keys/key-router.ts';
import { toldError } from '../told-error.ts';

/** Asks for what one signs in with. */
export function askToConnect(tui: Pick<Tui, 'open'>, onDone: (given: SignInGiven) => void): void {
  ask(tui, {
    title: 'Connect to a manager',
    fields: [
      { id: 'url', label: 'address', kind: 'text', first: 'https://', hint: 'such as https://manager.example:8443' },
      {
        id: 'code',
        label: 'one-time code',
        kind: 'secret',
        hint: 'the one you were given; empty if you have a password',
      },
      { id: 'email', label: 'e-mail', kind: 'text', hint: 'may stay empty with a code that was made for you' },
      {
        id: 'password',
        label: 'password',
        kind: 'secret',
        hint: 'with a code, the one you choose now: 12 characters or more',
      },
      { id: 'again', label: 'the same again', kind: 'secret', hint: 'only with a code' },
    ],
    check: wrongSignIn,
    command: ({ url = '', email = '' }) =>
      `zedops login ${url.trim()}${email.trim() === '' ? '' : ` --email ${email.trim()}`}`,
    onDone: ({ url = '', code = '', email = '', password = '' }) =>
      onDone({ url: url.trim(), code: code.trim() || undefined, email: email.trim() || undefined, password }),
  });
}

function wrongSignIn({
  url = '',
  code = '',
  email = '',
  password = '',
  again,
}: AskState['values']): AskProblem | undefined {
  if (!/^https:\/\/[^/\s]+\/?$/.test(url.trim()))
    return { field: 'url', text: `"${url}" is not https://<host>:<port>` };
  if (email.trim() !== '' && !Email.safeParse(email).success) {
    return { field: 'email', text: `"${email}" is no e-mail address` };
  }
  if (code.trim() === '') {
    if (email.trim() === '') return { field: 'email', text: 'without a code you need your e-mail address' };
    return password === '' ? { field: 'password', text: 'without a code you need your password' } : undefined;
  }
  try {
    parseSignInCode(code);
  } catch (error) {
    return { field: 'code', text: toldError(error).why };
  }
  const chosen = NewPassword.safeParse(password);
  if (!chosen.success) return { field: 'password', text: chosen.error.issues[0]?.message ?? 'is no password' };
  return password === again ? undefined : { field: 'again', text: 'the two passwords differ' };
}

/** Shows the fingerprint of a manager that nothing else vouches for, and resolves with whether it is the right one. */
export function askFingerprint(tui: Pick<Tui, 'open'>, url: string, fingerprint: string): Promise<boolean> {
  return new Promise((resolve) =>
    tui.open({
      rows: 4,
      render: (close) => (
        <Fingerprint
          url={url}
          fingerprint={fingerprint}
          onAnswer={(isRight) => {
            close();
            resolve(isRight);
          }}
        />
      ),
    }),
  );
}

function Fingerprint({
  url,
  fingerprint,
  onAnswer,
}: {
  readonly url: string;
  readonly fingerprint: string;
  readonly onAnswer: (isRight: boolean) => void;
}): ReactElement {
  useActions(layers.dialog, ['dialog'], { confirm: () => onAnswer(true), refuse: () => onAnswer(false) });
  return (
    <Panel
      title={`Is this the authority of ${url}?`}
      rows={[
        [['strong', fingerprint]],
        [['dim', 'zedops manager show on its own machine prints the same']],
        [['key', 'y'], ' yes, it is   ', ['key', 'n'], ' no'],
      ]}
    />
  );
}
