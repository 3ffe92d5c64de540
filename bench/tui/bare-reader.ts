/**
 * The least that could show a server's log from afar: `node bare-reader.ts <home> <server>` asks the manager as the person
 * signed in from that home, and scrolls each batch in as it comes, as wide as the terminal. No colours, no keys, no past.
 */
import { serverLogs } from '../../src/protocol/operations/server.ts';
import { openSignedIn } from '../signed-in.ts';

const [home = '', server = ''] = process.argv.slice(2);
const { columns, rows } = process.stdout;
const session = await openSignedIn(home);
process.stdout.write('\u001b[?1049h');
await session.peer.request(
  serverLogs,
  { server, follow: true, tail: 100 },
  {
    onProgress(item) {
      if (item.kind !== 'lines') return;
      const lines = item.text.split('\n').map((line) => `\r\n${line.slice(33, 33 + columns)}`);
      process.stdout.write(`\u001b[2;${rows}r\u001b[${rows};1H${lines.join('')}\u001b[r`);
    },
  },
);
