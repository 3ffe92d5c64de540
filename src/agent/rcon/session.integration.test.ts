import { afterEach, describe, expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { encodePacket, packetTypes } from '../../zomboid/rcon/rcon-packet.ts';
import { createRconBed, type RconBed, type RconBedOptions } from './rcon-bed.ts';

const beds: RconBed[] = [];
afterEach(async () => {
  for (const { session, close } of beds.splice(0)) {
    session.close(new ZedopsError('CANCELLED', 'the test is over'));
    await close();
  }
});
const open = async (options?: RconBedOptions, password?: string): Promise<RconBed> => {
  const bed = await createRconBed(options, password);
  beds.push(bed);
  return bed;
};
const text = async ({ session }: RconBed, line: string): Promise<string> => (await session.command(line, {})).text;

describe('a session', () => {
  test('is one connection for all who ask, each of whom gets the answer to their own', async () => {
    const bed = await open();
    const lines = Array.from({ length: 1_000 }, (_, index) => `servermsg "${index}"`);
    expect(await Promise.all(lines.map((line) => text(bed, line)))).toEqual(lines);
    expect(bed.told).toEqual(lines);
    expect(bed.everConnected()).toBe(1);
  });

  test('puts an answer together from any number of packets, characters cut in two among them', async () => {
    const long = 'Ж'.repeat(500_000);
    const bed = await open({ answer: () => [long.slice(0, 3), '', long.slice(3)] });
    expect(await text(bed, 'showoptions')).toBe(long);
  });

  test('takes an empty answer for one, whether there is a packet or none', async () => {
    const bed = await open({ answer: (line) => (line === 'none' ? [] : ['']) });
    expect([await text(bed, 'none'), await text(bed, 'one')]).toEqual(['', '']);
  });

  test('lets urgent commands pass those that wait', async () => {
    const bed = await open();
    await text(bed, 'first');
    const slow = Array.from({ length: 100 }, (_, index) => text(bed, `slow ${index}`));
    const urgent = bed.session.command('save', { urgent: true });
    await Promise.all([...slow, urgent]);
    expect(bed.told.indexOf('save')).toBeLessThan(60);
  });

  test('refuses more than wait already, and says that nothing was sent', async () => {
    const bed = await open({ answer: () => undefined, echoes: 0 });
    const all = Array.from({ length: 1_200 }, () => bed.session.command('x', { timeoutMs: 100 }));
    const errors = await Promise.allSettled(all);
    const refused = errors.filter((each) => each.status === 'rejected' && /nothing was sent/.test(String(each.reason)));
    expect(refused.length).toBe(1_200 - 1_024);
  });

  test('tells a wrong password from a game that is not there, and knocks with it once', async () => {
    const bed = await open({}, 'a-wrong-password');
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(bed.session.command('players', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(bed.everConnected()).toBe(1);
    const gone = await open();
    await gone.close();
    await expect(gone.session.command('players', {})).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('ends answers by silence where the probe is not mirrored, and asks one thing at a time', async () => {
    const bed = await open({ echoes: 0, answer: (line) => [line, ' and more'] });
    expect(await Promise.all([text(bed, 'a'), text(bed, 'b')])).toEqual(['a and more', 'b and more']);
  });

  test('does without the probe where a server hangs up on it', async () => {
    const bed = await open({ echoes: 'hang up' });
    expect(await text(bed, 'players')).toBe('players');
  });

  test('ignores packets that nobody asked for', async () => {
    const bed = await open({
      onPacket({ type }, socket) {
        socket.write(encodePacket({ id: 4_711, type: packetTypes.response, body: 'stray' }));
        socket.write(encodePacket({ id: 4_711, type: 9, body: 'stray' }));
        return type === 9;
      },
    });
    expect(await text(bed, 'players')).toBe('players');
  });

  test('waits its turn where the game has no connection left, and says so when the time is up', async () => {
    const bed = await open({ mostConnections: 0 });
    await expect(bed.session.command('players', { timeoutMs: 300 })).rejects.toThrow('was not asked: The game closed');
    expect(bed.everConnected()).toBe(1);
  });

  test('says that the outcome is not known where the connection breaks, and asks again only what tells something', async () => {
    let hangsUp = true;
    const bed = await open({
      onPacket({ type }, socket) {
        if (type !== packetTypes.exec || !hangsUp) return false;
        socket.destroy();
        hangsUp = false;
        return true;
      },
    });
    await expect(text(bed, 'additem bob Base.Axe')).rejects.toThrow('may or may not have done "additem"');
    hangsUp = true;
    expect(await text(bed, 'players')).toBe('players');
    hangsUp = true;
    expect(await text(bed, 'quit')).toBe('');
  });

  test('gives up an answer at its time, and later ones arrive all the same', async () => {
    let late = (): void => undefined;
    const bed = await open({
      onPacket({ id, type }, socket) {
        // The first command and its probe.
        if (id !== 5 && id !== 6) return false;
        if (type !== packetTypes.exec) return true;
        late = () => {
          for (const [of, body] of [[id, 'late'] as const, [id + 1, ''] as const]) {
            socket.write(encodePacket({ id: of, type: packetTypes.response, body }));
          }
        };
        return true;
      },
    });
    // A busy machine may take longer than that to connect.
    await bed.session.ready({});
    await expect(bed.session.command('slow', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    late();
    expect(await text(bed, 'next')).toBe('next');
  });

  test('takes back what was not sent', async () => {
    const bed = await open({ mostConnections: 0 });
    const ending = new AbortController();
    const asked = bed.session.command('players', { signal: ending.signal });
    ending.abort();
    await expect(asked).rejects.toMatchObject({
      code: 'CANCELLED',
      message: expect.stringContaining('nothing was sent'),
    });
  });

  test('answers each of 1,000 commands while the game restarts, or says why not', async () => {
    const bed = await open();
    const outcomes: string[] = [];
    const ask = async (index: number): Promise<void> => {
      try {
        expect(await text(bed, `servermsg "${index}"`)).toBe(`servermsg "${index}"`);
        outcomes.push('answered');
      } catch (error) {
        if (!(error instanceof ZedopsError)) throw error;
        outcomes.push(error.code);
      }
    };
    const asked: Promise<void>[] = [];
    for (let index = 0; index < 1_000; index += 1) {
      asked.push(ask(index));
      if (index % 10 === 0) await Promise.race([asked[index - 10], new Promise((resolve) => setImmediate(resolve))]);
      if (index === 300) await bed.listens(false);
      if (index === 600) await bed.listens(true);
    }
    await Promise.all(asked);
    expect(outcomes).toHaveLength(1_000);
    const answered = outcomes.filter((outcome) => outcome === 'answered').length;
    expect(answered).toBeGreaterThan(300);
    expect(outcomes).toContain('UNREACHABLE');
    // None was done twice.
    expect(new Set(bed.told).size).toBe(bed.told.length);
  });
});
