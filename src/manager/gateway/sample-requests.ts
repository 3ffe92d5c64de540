/** What must never be seen again once it was sent. */
export const secrets = { admin: 'Adm1n-secret-of-alpha', password: 'a secret of twenty characters' };
const env = { ADMIN_PASSWORD: secrets.admin };

/** A request of each operation that fits its schema. What `people` ask about is `alpha` on `box-1`. */
const requests: Readonly<Record<string, unknown>> = {
  'system.hello': { protocol: 1, version: '1', subjects: [] },
  'server.create': {
    name: 'beta',
    host: 'box-1',
    image: 'little',
    env: { ...env, GAME_PORT: '17000', DIRECT_PORT: '17001' },
  },
  'server.rcon': { server: 'alpha', command: 'players' },
  'server.plan': { name: 'beta', host: 'box-1', image: 'little', env },
  'host.preflight': {
    name: 'beta',
    image: { template: 'little', reference: 'example.org/little:latest', pull: 'missing' },
    ports: [],
    worldName: 'beta',
  },
  'port.check': { host: 'box-1', ports: [{ port: 16261, protocol: 'udp' }] },
  'port.suggest': { host: 'box-1' },
  'server.list': {},
  'server.clone': { server: 'alpha', name: 'gamma' },
  'server.move': { server: 'alpha', path: '/srv' },
  'server.relocate': { server: 'alpha', toHost: 'box-1' },
  'server.take-back': { server: 'alpha', toHost: 'box-1' },
  'server.purge': { server: 'alpha', confirm: 'alpha' },
  'server.forget': { server: 'alpha', confirm: 'not-alpha' },
  'server.adopt': { name: 'gamma', host: 'box-1', source: { kind: 'folder', path: '/srv/old' } },
  'server.adopt-plan': { name: 'gamma', host: 'box-1', source: { kind: 'folder', path: '/srv/old' } },
  'server.rename': { server: 'alpha', name: 'alpha' },
  'host.invite': { name: 'box-7' },
  'host.join': { code: 'x', publicKey: 'x', proof: 'x' },
  'host.renew': { publicKey: 'x', proof: 'x' },
  'host.revoke': { host: 'spare' },
  'host.remove': { host: 'spare' },
  'host.tag': { host: 'box-1', add: ['eu'] },
  'server.tag': { server: 'alpha', add: ['eu'] },
  'job.list': {},
  'crash.show': { crash: 'c1' },
  'job.show': { job: 'j1' },
  'job.watch': { job: 'j1' },
  'job.cancel': { job: 'j1' },
  'image.show': { image: 'little' },
  'session.start': { email: 'a@example.org', password: secrets.password },
  'user.add': { email: 'new@example.org', role: 'viewer' },
  'user.edit': { email: 'no-one@example.org', role: 'viewer' },
  'user.remove': { email: 'no-one@example.org' },
  'user.password': { current: secrets.password, next: `${secrets.password}!` },
  'token.create': { name: 't', permissions: ['server:read'] },
  'token.revoke': { token: 't' },
  'agent.watch': { desired: [] },
  'agent.metrics': { follow: false },
  'agent.logs': { serverId: 'x', follow: false },
  'agent.world-describe': { serverId: 'x', live: true },
  'agent.world-hold': { serverId: 'x', jobId: 'x' },
  'agent.world-read-many': { serverId: 'x', files: [{ path: 'x', length: 1 }] },
  'agent.world-read': { serverId: 'x', offset: 0, length: 1 },
  'agent.world-log-list': { serverId: 'x', last: false },
  'agent.world-log-read': { serverId: 'x', name: 'x', offset: 0, length: 1 },
  'relocation.log-list': { serverId: 'x', last: false },
  'relocation.log-read': { serverId: 'x', name: 'x', offset: 0, length: 1 },
  'relocation.describe': { serverId: 'x', live: true },
  'relocation.read-many': { serverId: 'x', files: [{ path: 'x', length: 1 }] },
  'relocation.read': { serverId: 'x', offset: 0, length: 1 },
  'relocation.step': { serverId: 'x', jobId: 'x', step: 'look' },
  'agent.job-watch': { id: 'x' },
  'agent.job-cancel': { id: 'x' },
  'player.show': { player: 'mara' },
  'player.find': { player: 'mara', server: 'alpha', presence: 'any' },
  'player.kick': { player: 'mara', server: 'alpha' },
  'player.ban': { player: 'mara', server: 'alpha' },
  'player.unban': { player: 'mara', server: 'alpha' },
  'player.whitelist-add': { player: 'mara', server: 'alpha' },
  'player.whitelist-remove': { player: 'mara', server: 'alpha' },
  'player.access': { player: 'mara', server: 'alpha', level: 'gm' },
  'player.message': { player: 'mara', server: 'alpha', text: 'hello' },
  'player.teleport': { player: 'mara', server: 'alpha', to: '1,2,0' },
  'server.broadcast': { server: 'alpha', text: 'hello' },
};

/** A request of an operation that fits its schema. */
export function requestOf(subject: string): unknown {
  const given = requests[subject];
  if (given !== undefined) return given;
  if (subject.startsWith('server.')) return { server: 'alpha' };
  if (/^host\.(show|ping|doctor|metrics|unmanaged)$/.test(subject)) return { host: 'box-1' };
  return {};
}
