import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { nearest } from '../platform/did-you-mean.ts';
import { readImageTexts } from '../platform/files/image-texts.ts';
import { packageRoot } from '../platform/files/package-root.ts';
import { GameFacts, ServerEnv, ServerLimits } from '../protocol/entities/server.ts';
import { readScenario } from '../simulator/scenario.ts';
import { crashKinds, rconQuirks, settings, signalEffects } from '../simulator/scenario-settings.ts';
import { parseEnvFile } from './env/env-file.ts';
import {
  checkEnv,
  completeEnv,
  gameFacts,
  type ImageTemplate,
  limitsFor,
  looksSecret,
} from './images/image-template.ts';
import { parseImageTemplate } from './images/read-image-template.ts';

const ids = ['danixu', 'indifferentbroccoli', 'renegade-master', 'simulator', 'steam-zomboid'];
const templates = new Map<string, { readonly template: ImageTemplate; readonly text: string }>();

beforeAll(async () => {
  for (const { id, image, template: text } of await readImageTexts([join(packageRoot(), 'templates/images')])) {
    const parsed = parseImageTemplate(id, image, text);
    if ('faults' in parsed) throw new Error(`${id}: ${parsed.faults.join('; ')}`);
    templates.set(id, { template: parsed.template, text });
  }
});

function shipped(id: string): { readonly template: ImageTemplate; readonly text: string } {
  const found = templates.get(id);
  if (!found) throw new Error(`${id} is not shipped`);
  return found;
}

/** What a person would write: the least that the image asks for. */
function filledIn({ settings: all }: ImageTemplate): Record<string, string> {
  return Object.fromEntries(
    all.filter(({ required, fallback }) => required && !fallback).map(({ key }) => [key, 'hunter2']),
  );
}

test('these are the images there are', () => {
  expect([...templates.keys()]).toEqual(ids);
});

describe.each(ids)('%s', (id) => {
  test('the printed template is an env file; with its blanks filled in it is right', () => {
    const { template, text } = shipped(id);
    const { entries, faults } = parseEnvFile(text);
    expect(faults).toEqual([]);
    const env = { ...Object.fromEntries(entries.map(({ key, value }) => [key, value])), ...filledIn(template) };
    expect(checkEnv(template, env, nearest)).toEqual([]);
    expect(checkEnv(template, filledIn(template), nearest)).toEqual([]);
  });

  test('completed it is right, and its facts are what the protocol wants', () => {
    const { template } = shipped(id);
    const env = completeEnv(template, filledIn(template), { serverName: 'alpha', makeSecret: () => 'made' });
    expect(checkEnv(template, env, nearest)).toEqual([]);
    expect(ServerEnv.parse(env)).toEqual(env);
    const facts = gameFacts(template, env, 'alpha');
    expect(GameFacts.parse(facts)).toEqual(facts);
    expect(facts.worldName).toBe('alpha');
    expect(env[facts.rcon?.passwordKey ?? '']).toBe('made');
    expect(facts.stopSeconds).toBeGreaterThanOrEqual(60);
    expect(ServerLimits.parse(limitsFor(template, env, {}))).toBeDefined();
  });

  test('every setting has help, and every secret is marked as one', () => {
    for (const { key, help, section, secret } of shipped(id).template.settings) {
      expect([key, help !== '', section !== '', secret]).toEqual([key, true, true, secret || looksSecret(key)]);
    }
  });
});

describe('the simulator', () => {
  test('its template has the settings it understands; its data folder is the agent’s to say', () => {
    const known = settings.map(({ env }) => env).filter((key) => key !== 'SIM_DATA');
    expect(
      shipped('simulator')
        .template.settings.map(({ key }) => key)
        .toSorted(),
    ).toEqual(known.toSorted());
  });

  test('defaults, secrets and choices are the same', () => {
    const byKey = new Map(shipped('simulator').template.settings.map((setting) => [setting.key, setting]));
    for (const { env, fallback, secret } of settings) {
      const setting = byKey.get(env);
      if (!setting) continue;
      expect([env, setting.secret]).toEqual([env, secret === true]);
      if (setting.fallback !== undefined && fallback !== undefined)
        expect([env, setting.fallback]).toEqual([env, fallback]);
    }
    expect(byKey.get('SIM_CRASH_KIND')?.choices).toEqual(Object.keys(crashKinds));
    expect(byKey.get('SIM_SIGTERM')?.choices).toEqual(Object.keys(signalEffects));
    for (const quirk of Object.keys(rconQuirks)) expect(byKey.get('SIM_RCON_QUIRKS')?.help).toContain(quirk);
  });

  test('it runs with the completed env', () => {
    const { template } = shipped('simulator');
    const env = completeEnv(template, filledIn(template), { serverName: 'alpha', makeSecret: () => 'made' });
    expect(readScenario(env, [])).toMatchObject({ scenario: { serverName: 'alpha', build: 42 } });
  });
});
