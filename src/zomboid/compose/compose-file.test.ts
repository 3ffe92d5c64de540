import { expect, test } from 'vitest';
import { parseComposeFile } from './compose-file.ts';

const file = `
x-common: &common
  restart: unless-stopped
services:
  zomboid:
    <<: *common
    image: danixu86/project-zomboid-dedicated-server:\${TAG:-latest}
    container_name: pz
    env_file: [.env, {path: secrets.env, required: false}]
    environment:
      SERVERNAME: \${NAME}
      PORT: 16261
      DISPLAYNAME: costs $$5
    ports:
      - "16261-16262:16261-16262/udp"
      - target: 27015
        published: "27015"
      - 8080
    volumes:
      - ./data:/home/steam/Zomboid/
      - mods:/mods:ro
      - type: bind
        source: /srv/workshop
        target: /workshop
  db:
    image: mariadb
    environment: [A=1, B=x=y]
`;

test('reads what matters of a service', () => {
  const parsed = parseComposeFile(file, { NAME: 'alpha' });
  expect(parsed).toMatchObject({
    services: [
      {
        name: 'zomboid',
        image: 'danixu86/project-zomboid-dedicated-server:latest',
        containerName: 'pz',
        envFiles: ['.env', 'secrets.env'],
        env: { SERVERNAME: 'alpha', PORT: '16261', DISPLAYNAME: 'costs $5' },
        ports: [
          { inside: 16261, published: 16261, protocol: 'udp' },
          { inside: 16262, published: 16262, protocol: 'udp' },
          { inside: 27015, published: 27015, protocol: 'tcp' },
          { inside: 8080, protocol: 'tcp' },
        ],
        mounts: [
          { type: 'bind', from: './data', to: '/home/steam/Zomboid' },
          { type: 'volume', from: 'mods', to: '/mods' },
          { type: 'bind', from: '/srv/workshop', to: '/workshop' },
        ],
      },
      { name: 'db', env: { A: '1', B: 'x=y' } },
    ],
  });
});

test.each([
  ['services: [', /.+/],
  ['services: {a: {image: $NONE}}', /\$NONE has no value/],
  ['services: {a: {environment: [KEY]}}', /services\.a: KEY takes its value from the shell/],
  ['services: {a: {ports: ["1-9:1-2/udp"]}}', /cannot be read/],
  ['version: 3', /services/],
  ['- a', /.+/],
])('says what is wrong with %s', (text, fault) => {
  const parsed = parseComposeFile(text, {});
  expect('faults' in parsed ? parsed.faults.join('\n') : '').toMatch(fault);
});
