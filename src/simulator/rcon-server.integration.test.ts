import { createConnection, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { parsePlayers } from '../zomboid/players/players.ts';
import {
  bodyText,
  createPacketReader,
  encodePacket,
  packetTypes,
  type RconPacket,
} from '../zomboid/rcon/rcon-packet.ts';
import { startRun, type TestRun, testSecrets } from './test-run.ts';

const runs: TestRun[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(runs.splice(0).map((run) => run.dispose()));
});
const start = async (env: Record<string, string> = {}): Promise<TestRun> => {
  const run = await startRun(env);
  runs.push(run);
  await run.until(/RCON: listening/);
  return run;
};

/** A bare client: it sends packets and keeps what comes. */
interface Client {
  send(id: number, type: number, body?: string): void;
  readonly packets: RconPacket[];
  /** Waits for so many packets in all. */
  until(count: number): Promise<void>;
  readonly closed: Promise<void>;
}

function connect({ rconPort }: TestRun): Client {
  const socket = createConnection({ host: '127.0.0.1', port: rconPort, noDelay: true });
  sockets.push(socket);
  const reader = createPacketReader({ maxBytes: 1_000_000 });
  const packets: RconPacket[] = [];
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.on('data', (piece: Buffer) => packets.push(...reader.push(piece).packets));
  return {
    send: (id, type, body = '') => void socket.write(encodePacket({ id, type, body })),
    packets,
    closed,
    async until(count) {
      const deadline = Date.now() + 5_000;
      while (packets.length < count) {
        if (Date.now() > deadline) throw new Error(`${packets.length} of ${count} packets`);
        await wait(5);
      }
    },
  };
}

const brief = (packets: readonly RconPacket[]): string[] =>
  packets.map(({ id, type, body }) => `${id}:${type}:${body.toString()}`);

async function signIn(run: TestRun): Promise<Client> {
  const client = connect(run);
  client.send(1, packetTypes.auth, testSecrets.RCON_PASSWORD);
  await client.until(2);
  client.packets.length = 0;
  return client;
}

/** Asks as ZedOps does, with a probe behind the command. @returns the answer, and in how many packets it came. */
async function ask(client: Client, command: string): Promise<{ text: string; packets: number }> {
  client.packets.length = 0;
  client.send(10, packetTypes.exec, command);
  client.send(11, packetTypes.response);
  const deadline = Date.now() + 5_000;
  while (client.packets.filter(({ id }) => id === 11).length < 2) {
    if (Date.now() > deadline) throw new Error(`no end of the answer to ${command}`);
    await wait(5);
  }
  const answer = client.packets.filter(({ id }) => id === 10).map(({ body }) => body);
  expect(client.packets.slice(-2).map(({ id }) => id)).toEqual([11, 11]);
  return { text: bodyText(answer), packets: answer.length };
}

describe('the remote console', () => {
  test('takes the right password with an empty packet first, and refuses another with the id -1', async () => {
    const run = await start();
    const right = connect(run);
    right.send(7, packetTypes.auth, testSecrets.RCON_PASSWORD);
    await right.until(2);
    expect(brief(right.packets)).toEqual(['7:0:', '7:2:']);
    const wrong = connect(run);
    wrong.send(7, packetTypes.auth, testSecrets.RCON_PASSWORD.toUpperCase());
    await wrong.closed;
    expect(brief(wrong.packets)).toEqual(['7:0:', '-1:2:']);
    const rude = connect(run);
    rude.send(7, packetTypes.exec, 'players');
    await rude.closed;
    expect(brief(rude.packets)).toEqual(['-1:2:']);
    expect(run.output()).toContain("RCON: password doesn't match");
    expect(run.output()).not.toContain(testSecrets.RCON_PASSWORD);
  });

  test('cuts a long answer of build 42 into packets of 4086 bytes, and sends none for an empty one', async () => {
    const mods = Array.from({ length: 1_000 }, (_, index) => `mod${index}é`).join(';');
    const client = await signIn(await start({ SERVER_MODS: mods }));
    const options = await ask(client, 'showoptions');
    expect(options.text).toContain(`* Mods=${mods}\n`);
    expect(options.text).toMatch(/^List of Server Options:\n\* PVP=true\n[\s\S]*\* AntiCheatChecksum=2$/);
    expect(options.text).not.toMatch(/RCON|Password/);
    expect(options.packets).toBe(Math.ceil(Buffer.byteLength(options.text) / 4086));
    expect(options.packets).toBeGreaterThan(2);
    expect((await ask(client, 'clear')).packets).toBe(0);
    expect(await ask(client, '/players')).toEqual({ text: 'Unknown command /players', packets: 1 });
    client.send(12, 99, 'what is this');
    expect((await ask(client, 'players')).text).toBe('Players connected (0): \n');
  });

  test('sends any answer of build 41 in one packet, an empty one too, and none where a name is not ASCII', async () => {
    const run = await start({ SIM_BUILD: '41', SIM_PLAYERS: '2', SIM_RCON_QUIRKS: 'unicode' });
    const client = await signIn(run);
    expect((await ask(client, 'showoptions')).packets).toBe(1);
    expect((await ask(client, 'clear')).packets).toBe(1);
    expect((await ask(client, 'players')).packets).toBe(0);
    expect(run.output()).toContain('java.nio.BufferOverflowException');
    expect(run.output()).toContain("Type=3 Body='***'");
  });

  const answers: readonly (readonly [command: string, answer: RegExp])[] = [
    ['players', /^Players connected \(2\): \n-mara\n-Old Tom\n$/],
    ['PLAYERS', /^Players connected/],
    ['save now', /^Saves the world/],
    ['servermsg "hello all"', /^Message sent\.$/],
    ['adduser bob "secret"', /^User bob created with password$/],
    ['setaccesslevel mara moderator', /^User mara is now moderator$/],
    ['setaccesslevel mara king', /^Access Level 'king' unknown/],
    ['banuser nobody', /^User "nobody" is not in the whitelist, use \/adduser first$/],
    ['banuser mara -r "why not"', /^User "mara" is now banned$/],
    ['unbanuser mara', /^User "mara" is now un-banned$/],
    ['banid 7656', /^Expected SteamID but got "7656"$/],
    ['changeoption MaxPlayers 9', /^Option : MaxPlayers is now : 9$/],
    ['changeoption MaxPlayers 9999', /^Option : MaxPlayers is now : 9$/],
    ['changeoption NoSuch 1', /^Option NoSuch doesn't exist\.$/],
    ['reloadoptions', /^Options reloaded$/],
    ['additem "Old Tom" Base.Axe 2', /^Item Base\.Axe Added in Old Tom's inventory\.$/],
    ['additem nobody Base.Axe', /^User nobody not found\.$/],
    ['godmodplayer "Old Tom"', /^User Old Tom is now invincible\.$/],
    ['teleportto "old tom" 1,2,0', /^Old Tom teleported to 1,2,0 please wait/],
    ['checkModsNeedUpdate', /^Checking started\./],
    ['help quit', /^Saves the world and ends/],
    ['broadcast hi', /^Unknown command broadcast/],
  ];
  test('answers commands as the game does', async () => {
    const client = await signIn(await start({ SIM_PLAYERS: '2' }));
    for (const [command, answer] of answers) expect((await ask(client, command)).text, command).toMatch(answer);
  });

  test('closes the sixth connection at once, and says when its port is taken', async () => {
    const run = await start();
    const clients = await Promise.all(Array.from({ length: 5 }, () => signIn(run)));
    await connect(run).closed;
    expect((await ask(clients[4] ?? connect(run), 'players')).text).toContain('(0)');
    const second = await startRun({ RCON_PORT: String(run.rconPort) });
    runs.push(second);
    await second.until(new RegExp(`RCON: error creating socket on port ${run.rconPort}`));
    expect(second.hasEnded()).toBe(false);
  });

  test('hangs up at junk', async () => {
    const run = await start();
    const client = connect(run);
    sockets.at(-1)?.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await client.closed;
    expect(client.packets).toEqual([]);
  });

  test('takes save and quit, and the world is saved when the game has ended', async () => {
    const run = await start({ SIM_SAVE_SECONDS: '0.1' });
    const client = await signIn(run);
    expect((await ask(client, 'save')).text).toBe('World saved');
    expect(run.output()).not.toContain('Saving took');
    client.packets.length = 0;
    client.send(20, packetTypes.exec, 'quit');
    await client.closed;
    expect(brief(client.packets)).toEqual(['20:0:Quit']);
    expect(await run.exit).toBe(0);
    expect(run.events().filter(({ kind }) => kind === 'saved')).toHaveLength(6);
  });
});

describe('quirks', () => {
  test('split gives every packet in pieces, and all of them make the whole answer', async () => {
    const client = await signIn(await start({ SIM_RCON_QUIRKS: 'split', SIM_PLAYERS: '12' }));
    const { text, packets } = await ask(client, 'players');
    expect(parsePlayers(text)?.names).toHaveLength(12);
    expect(packets).toBe(Math.ceil(text.length / 64));
  });

  test('oversized gives one packet, empty none, drop no answer to the third command', async () => {
    const [oversized, empty, drop] = await Promise.all(
      ['oversized', 'empty', 'drop'].map(async (quirk) => signIn(await start({ SIM_RCON_QUIRKS: quirk }))),
    );
    if (!oversized || !empty || !drop) throw new Error('three clients');
    expect(await ask(oversized, 'help')).toMatchObject({ packets: 1 });
    expect(await ask(empty, 'players')).toEqual({ text: '', packets: 0 });
    await ask(drop, 'players');
    await ask(drop, 'players');
    drop.packets.length = 0;
    drop.send(30, packetTypes.exec, 'players');
    await drop.closed;
    expect(drop.packets).toEqual([]);
  });

  test('wrong-order and slow', async () => {
    const run = await start({ SIM_RCON_QUIRKS: 'wrong-order,slow' });
    const client = connect(run);
    client.send(7, packetTypes.auth, testSecrets.RCON_PASSWORD);
    await client.until(2);
    expect(brief(client.packets)).toEqual(['7:2:', '7:0:']);
    const begun = Date.now();
    await ask(client, 'players');
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1_500);
  });
});
