import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The licence texts of every package that went into a bundle, as their licences ask for. `inputs` are the bundled files. */
export async function thirdPartyNotices(root: string, inputs: readonly string[]): Promise<string> {
  const packages = new Set<string>();
  for (const input of inputs) {
    // What the build made up itself has a name of its own before a colon.
    const found = /^(?:[^:]*node_modules\/)((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[0];
    if (found !== undefined) packages.add(found);
  }
  const notices: string[] = [];
  for (const folder of [...packages].sort()) {
    const manifest: unknown = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) continue;
    const name = 'name' in manifest ? String(manifest.name) : folder;
    const version = 'version' in manifest ? String(manifest.version) : '';
    const license = 'license' in manifest ? String(manifest.license) : 'see below';
    const files = await readdir(join(root, folder));
    const licenceFile = files.find((file) => /^(licen[cs]e|copying)/i.test(file));
    const text = licenceFile === undefined ? '' : await readFile(join(root, folder, licenceFile), 'utf8');
    notices.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return notices.join(`\n${'-'.repeat(80)}\n\n`);
}
