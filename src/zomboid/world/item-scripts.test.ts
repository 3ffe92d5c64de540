import { expect, it } from 'vitest';
import { itemIds } from './item-scripts.ts';

it('finds items with their module, and nothing in comments and recipes', () => {
  const script = `module Base
{
	imports { Base }
	/* item Gone { } */
	item Axe
	{
		DisplayName = Axe, /* item Inner
		{ */
	}
	craftRecipe Cut { inputs { item 1 [Base.Axe], item 2 tags[Nail], } }
	item Nails_Box { Weight = 1, }
}
module Farming { item HandShovel { } }`;
  expect(itemIds(script)).toEqual(['Base.Axe', 'Base.Nails_Box', 'Farming.HandShovel']);
});

it('takes nothing from other text, and stays quick on it', () => {
  expect(itemIds('item Axe {}')).toEqual([]);
  expect(itemIds(`module Base { /* ${'item A {'.repeat(100_000)}`)).toEqual([]);
  expect(itemIds(`module Base { ${'item    '.repeat(100_000)}`)).toEqual([]);
});
