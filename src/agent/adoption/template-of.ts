import type { KnownTemplate } from '../../protocol/operations/adoption.ts';

/** The template an image belongs to, by its registry reference without tag and digest. */
export function templateOf<Template extends Pick<KnownTemplate, 'registry'>>(
  image: string,
  templates: readonly Template[],
): Template | undefined {
  const wanted = repositoryOf(image);
  return templates.find(({ registry }) => repositoryOf(registry) === wanted);
}

/** An image reference without tag and digest; the names Docker Hub may be left out by are left out. */
function repositoryOf(reference: string): string {
  const [path = ''] = reference.split('@');
  const untagged = path.replace(/:[^:/]*$/, '');
  return untagged.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
}
