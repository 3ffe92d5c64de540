import { afterEach, beforeEach, expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { type AgentScript, type CoreBed, openCoreBed } from '../core-bed.ts';
import { localIdentity } from '../people/identity.ts';

let bed: CoreBed;
beforeEach(async () => {
  bed = await openCoreBed();
});
afterEach(() => bed.close());

const alpha = { name: 'alpha', image: 'little', env: { ADMIN_PASSWORD: 'Adm1n-secret-of-alpha' } };

test.each(['server.start', 'server.rebuild'])(
  'a create that %s overtook on its way leaves the server that the other has made',
  async (faster) => {
    const create: AgentScript = async () => {
      await bed.ask(localIdentity, faster, { server: 'alpha' });
      throw new ZedopsError('CONFLICT', 'alpha is busy');
    };
    await bed.agent(await bed.host('box-1'), {
      'server.create': create,
      'server.rebuild': async () => ({ state: 'ready' }),
    });
    expect(await bed.codeOf(localIdentity, 'server.create', alpha)).toBe('CONFLICT');
    expect(await bed.ask(localIdentity, 'server.show', { server: 'alpha' })).toMatchObject({
      server: { name: 'alpha' },
    });
  },
);
