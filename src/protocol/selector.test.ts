import { describe, expect, test } from 'vitest';
import { parseSelector, type SelectorFacts, type Suggest } from './selector.ts';

const suggest: Suggest = (word, known) => {
  const near = known.find((one) => one.startsWith(word.slice(0, 2)));
  return near === undefined ? '' : `; did you mean "${near}"?`;
};
const alpha: SelectorFacts = {
  name: 'pz-alpha',
  host: 'box-1',
  state: 'ready',
  image: 'example.org/zomboid:latest',
  tag: ['eu', 'vanilla'],
  'host.tag': ['ssd'],
  players: 2,
};
const fits = (text: string, facts: SelectorFacts = alpha): boolean | undefined => parseSelector(text, suggest)(facts);

describe('a selector', () => {
  test.each([
    ['all', true],
    ['tag=eu', true],
    ['tag=us', false],
    ['tag=us|eu', true],
    ['tag!=eu', false],
    ['tag != us', true],
    ['host.tag=ssd and host=box-1', true],
    ['state=ready|crashed', true],
    ['state=crash*', false],
    ['name=pz-*', true],
    ['name=*a*a', true],
    ['name=*b', false],
    ['name=pz-?lpha', true],
    ['image="example.org/zomboid:latest"', true],
    ['image=*zomboid*', true],
    ['players=0', false],
    ['players=1|2', true],
    ['players>=2 and players<3', true],
    ['not players>1', false],
    ['not not tag=eu', true],
    ['tag=us or tag=eu and host=box-2', false],
    ['(tag=us or tag=eu) and host=box-1', true],
    ['tag=us and host=box-1 or name=pz-alpha', true],
    ['not (tag=us or host=box-2)', true],
    ['name=all', false],
    ['host=or or host="box-1"', true],
  ])('%s is %s', (text, expected) => {
    expect(fits(text)).toBe(expected);
  });

  test.each([
    ['players=0', undefined],
    ['players!=0', undefined],
    ['not players=0', undefined],
    ['tag=us and players=0', false],
    ['tag=eu and players=0', undefined],
    ['tag=eu or players=0', true],
  ])('%s is %s where nobody knows who is online', (text, expected) => {
    expect(fits(text, { ...alpha, players: undefined })).toBe(expected);
  });

  test.each([
    ['tga=eu', 'column 1: "tga" is none of name, host, state, image, tag, host.tag, players'],
    ['ta=eu', 'column 1: "ta" is none of name, host, state, image, tag, host.tag, players; did you mean "tag"?'],
    ['tag=eu and', 'column 11: expected a condition such as tag=eu, and it ends there'],
    ['tag=eu tag=us', 'column 8: expected "and", "or" or the end, not "tag"'],
    ['tag eu', 'column 5: expected = or != after tag, not "eu"'],
    ['tag<eu', 'column 4: expected = or != after tag, not "<"'],
    ['(tag=eu', 'column 8: expected ")", and it ends there'],
    ['tag=eu)', 'column 7: expected "and", "or" or the end, not ")"'],
    ['tag=', 'column 5: expected a value, and it ends there'],
    ['tag=|eu', 'column 5: expected a value, not "|"'],
    ['name="pz', 'column 6: expected a value, not """'],
    ['players=few', 'column 9: "few" is not a number of players'],
    ['players<1|2', 'column 11: < takes one number, not "2"'],
    ['state=redy', 'column 7: "redy" is no state; did you mean "ready"?'],
    ['and', 'column 1: "and" is none of name, host, state, image, tag, host.tag, players'],
  ])('%s is refused, with the place', (text, message) => {
    expect(() => parseSelector(text, suggest)).toThrow(`the selector "${text}", ${message}`);
  });

  test('a pattern of many stars is tried in no time', () => {
    const image = 'a'.repeat(512);
    expect(fits(`image=${'*a'.repeat(400)}*b`, { ...alpha, image })).toBe(false);
  });
});
