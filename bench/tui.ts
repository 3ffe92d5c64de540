import type { Bench } from './comparison.ts';
import { measureFirstFrame } from './tui/first-frame.ts';
import { measureLogScreen } from './tui/log-screen.ts';
import { measureMemory } from './tui/memory.ts';

/** What the screens cost, and how late they are. */
export const tui: Bench = {
  name: 'tui',
  method:
    'The built `zedops` in a terminal of 200 by 50 cells that script(1) makes, a signed-in person far from the manager, real manager and agent, a simulated server on Docker. Against it, in turn, 3 rounds each: `docker logs -f` of the same container, `tail -f` of a file that another `docker logs -f` fills, and a list drawn by Ink alone (each line a `<Text>`, alternate screen, NODE_ENV=production, otherwise as Ink comes) of what `docker logs -f` prints; and the least reader there could be of what the manager sends, a program of one function that asks as `zedops` does, over TLS, and scrolls each batch in as it comes, without colours, keys or a past: what `zedops` costs above that is its own. Each has 4 s to come to rest and is then looked at for 8 s: the processor time of that process alone in percent of one core (`zedops` and the least reader take their lines from TLS and JSON, the others from a pipe), and the bytes the terminal got; medians. Container to screen is from the nanosecond time the engine gave a line to the time its last letter was read from the terminal; where more lines come than the screen has rows, only those that were shown count. First full frame: from the start of the process to the bytes with which an emulator shows the fleet’s count and its servers, as many as fit, 15 starts with a warm compile cache; the servers are those of one played host. Memory is VmRSS.',
  run: async (context) => [
    ...(await measureLogScreen(context)),
    ...(await measureFirstFrame(context)),
    ...(await measureMemory(context)),
  ],
};
