import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemHello } from '../../protocol/operations/system.ts';
import { type CoreBed, holding, openCoreBed } from '../core-bed.ts';

let bed: CoreBed;
beforeEach(async () => {
  bed = await openCoreBed();
});
afterEach(() => bed.close());

test('a host with an agent too old to give its files away says so, and nothing moves', async () => {
  const admin = await bed.person([holding('admin')]);
  const agent = await bed.agent(await bed.host('box-1'));
  const env = { ADMIN_PASSWORD: 'Adm1n-secret-of-alpha' };
  await bed.ask(admin, 'server.create', { name: 'alpha', host: 'box-1', image: 'little', env });
  await bed.agent(await bed.host('box-2'));
  await agent.peer.request(systemHello, { protocol: 1, version: '0.1', subjects: ['agent.world-step'] });
  const moving = bed.ask(admin, 'server.relocate', { server: 'alpha', toHost: 'box-2' });
  await expect(moving).rejects.toMatchObject({ code: 'UNSUPPORTED', hint: 'upgrade the agent' });
});
