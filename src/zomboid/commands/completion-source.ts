import type { AnswerValues } from './answer-values.ts';
import type { Build } from './command.ts';
import { type Completion, completeCommand, wantsAt } from './complete-command.ts';

/** Where candidates come from. Each is asked when it is first needed. */
export interface CompletionDeps {
  /** Milliseconds since any moment. */
  readonly now: () => number;
  readonly build: () => Build | undefined;
  /** Commands of the server's own help. */
  readonly commands: () => readonly string[];
  /** Asks the game one of the commands that only tell something; undefined where it cannot be asked now. */
  readonly ask: (line: 'players' | 'showoptions') => Promise<AnswerValues | undefined>;
  /** Ids of items; undefined where the server's files cannot be read now. */
  readonly items: () => Promise<readonly string[] | undefined>;
}

/** So long the names of players are taken for current, in milliseconds. */
const playersFreshMs = 15_000;

/** Makes the completion of one console: it asks the game only for what the word at the cursor needs. */
export function createCompletion(deps: CompletionDeps): (text: string, cursor: number) => Promise<Completion> {
  let players: { at: number; names: readonly string[] } | undefined;
  let options: readonly string[] | undefined;
  let items: readonly string[] | undefined;

  const load = async (kind: 'players' | 'items' | 'options'): Promise<void> => {
    if (kind === 'players' && (!players || deps.now() - players.at > playersFreshMs)) {
      const values = await deps.ask('players');
      if (values && 'players' in values) players = { at: deps.now(), names: values.players.names };
    }
    if (kind === 'options' && !options) {
      const values = await deps.ask('showoptions');
      if (values && 'options' in values) options = Object.keys(values.options);
    }
    if (kind === 'items') items ??= await deps.items();
  };

  return async (text, cursor) => {
    const wanted = wantsAt(deps.build(), text, cursor);
    if (wanted !== undefined) await load(wanted);
    return completeCommand(deps.build(), text, cursor, {
      players: players?.names ?? [],
      items: items ?? [],
      options: options ?? [],
      commands: deps.commands(),
    });
  };
}
