import { gameBuild, type ImageTemplate } from '../../zomboid/images/image-template.ts';

/** What a server runs, as far as its world depends on it. */
export interface WorldNeeds {
  readonly template: ImageTemplate;
  readonly env: Readonly<Record<string, string>>;
  /** What the engine pulls, with its tag. */
  readonly reference: string;
}

/**
 * Why a world made by `before` may not load in `after`: another image, another build or branch of the game, another map.
 * The build is asked of what was said in so many words, and of the tag; where nobody knows it, nothing is claimed.
 */
export function worldRisks(before: WorldNeeds, after: WorldNeeds): readonly string[] {
  const risks: string[] = [];
  if (before.template.image.id !== after.template.image.id) {
    risks.push(`the image changes from ${before.template.image.id} to ${after.template.image.id}`);
  }
  const [was, is] = [buildOf(before), buildOf(after)];
  if (was !== undefined && is !== undefined && was !== is) risks.push(`the game changes from build ${was} to ${is}`);
  for (const fact of ['branch', 'map'] as const) {
    const [old, now] = [valueIn(before, fact), valueIn(after, fact)];
    if (old !== now) risks.push(`the ${fact} changes from ${old ?? 'the game’s own'} to ${now ?? 'the game’s own'}`);
  }
  return risks;
}

function buildOf({ template, env, reference }: WorldNeeds): number | undefined {
  return gameBuild(template, env, /:([^:/@]+)$/.exec(reference)?.[1]);
}

function valueIn({ template, env }: WorldNeeds, fact: 'branch' | 'map'): string | undefined {
  const key = template.image.facts[fact];
  const value = key === undefined ? undefined : env[key];
  return value === '' ? undefined : value;
}
