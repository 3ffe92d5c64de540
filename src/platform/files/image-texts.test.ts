import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readImageTexts } from './image-texts.ts';
import { packageRoot } from './package-root.ts';

let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'zedops-images-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function put(
  folder: string,
  id: string,
  image: string | Buffer = 'image',
  template = 'template',
): Promise<string> {
  const path = join(root, folder, id);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'image.yaml'), image);
  await writeFile(join(path, '.env.template'), template);
  return path;
}

test('templates of all folders are read, sorted; a later folder beats an earlier one', async () => {
  await put('ours', 'b');
  const ours = await put('ours', 'a');
  const theirs = await put('theirs', 'b', 'other', 'text');
  await writeFile(join(root, 'theirs/README'), 'files are nobody’s');
  await mkdir(join(root, 'theirs/.git'));
  expect(await readImageTexts([join(root, 'ours'), join(root, 'theirs'), join(root, 'missing')])).toEqual([
    { id: 'a', folder: ours, image: 'image', template: 'template' },
    { id: 'b', folder: theirs, image: 'other', template: 'text' },
  ]);
});

test.each([
  ['is larger than 64 KiB', Buffer.alloc(64 * 1024 + 1, 'x')],
  ['is not UTF-8 text', Buffer.from([0x61, 0xff])],
])('a file that %s is told by name and path', async (fault, content) => {
  const path = await put('ours', 'mine', content);
  await expect(readImageTexts([join(root, 'ours')])).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: `The image template mine cannot be used: ${join(path, 'image.yaml')} ${fault}`,
  });
});

test('a file of exactly 64 KiB is read whole', async () => {
  await put('ours', 'mine', 'ü'.repeat(32 * 1024));
  expect((await readImageTexts([join(root, 'ours')]))[0]?.image).toBe('ü'.repeat(32 * 1024));
});

test('a missing file is told', async () => {
  await rm(join(await put('ours', 'mine'), '.env.template'));
  await expect(readImageTexts([join(root, 'ours')])).rejects.toThrow(
    /mine cannot be used: .*\.env\.template is missing$/,
  );
});

test('links are not followed, and a pipe holds nobody up', async () => {
  const path = await put('ours', 'mine');
  await rm(join(path, 'image.yaml'));
  await symlink('/etc/passwd', join(path, 'image.yaml'));
  await expect(readImageTexts([join(root, 'ours')])).rejects.toThrow(/image\.yaml is a symbolic link/);
  await rm(join(path, 'image.yaml'));
  execFileSync('mkfifo', [join(path, 'image.yaml')]);
  await expect(readImageTexts([join(root, 'ours')])).rejects.toThrow(/image\.yaml is no file/);
  await symlink(path, join(root, 'ours/aaa'));
  await expect(readImageTexts([join(root, 'ours')])).rejects.toThrow(/aaa cannot be used: .* is a symbolic link/);
});

test('the package is found from source and from where the bundler puts things', async () => {
  const here = packageRoot();
  for (const place of ['src/platform', 'dist/cli', 'dist/chunks', 'dist/agent'])
    expect(packageRoot(join(here, place))).toBe(here);
  await writeFile(join(root, 'package.json'), '{"name":"another"}');
  expect(() => packageRoot(join(root, 'dist/cli'))).toThrow(
    `there is no package.json of it above ${join(root, 'dist/cli')}`,
  );
});
