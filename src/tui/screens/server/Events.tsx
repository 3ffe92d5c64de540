import type { ReactElement } from 'react';
import { Lines } from '../../components/Lines.tsx';
import { useSize, useTui, useTuiState } from '../../context.ts';
import { paintRow } from '../../pieces.ts';
import { eventRow } from '../event-rows.ts';
import type { TabProps } from './tab-props.ts';

/** What happened to a server, newest last. */
export function Events({ server, rows }: TabProps): ReactElement {
  const { theme } = useTui();
  const { columns } = useSize();
  const { events } = useTuiState();
  const mine = events.filter(({ serverId }) => serverId === server.id).slice(-rows);
  const shown =
    mine.length === 0
      ? [
          paintRow(
            theme,
            [['dim', `Nothing yet of ${server.name}: zedops events --server ${server.name} knows more`]],
            columns,
          ),
        ]
      : mine.map((event) => paintRow(theme, eventRow(event), columns));
  return <Lines rows={Array.from({ length: rows }, (_, index) => shown[index] ?? '')} />;
}
