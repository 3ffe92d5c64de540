/**
 * Builds the image `zedops-simulator:latest` from what is on this disk: Node and the libraries it links, the built
 * program, and the files a small system needs. Nothing is pulled. An image of the same content is left as it is.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import Docker from 'dockerode';

const run = promisify(execFile);
const checkout = dirname(import.meta.dirname);
const repository = 'zedops-simulator';
const digestLabel = 'zedops.simulator.digest';

/** What the image does besides holding files. A new line here makes a new image. */
const changes = [
  'ENTRYPOINT ["/usr/local/bin/node", "/opt/zedops/bin/zedops.js", "simulate"]',
  'ENV PATH=/usr/local/bin SIM_DATA=/data NODE_ENV=production HOME=/tmp',
  'WORKDIR /data',
];

/** What {@link buildSimulatorImage} came to. */
export interface BuiltImage {
  readonly reference: string;
  /** Of everything that went into the image; it is the image's label {@link digestLabel} too. */
  readonly digest: string;
  /** False when the image was there already. */
  readonly isNew: boolean;
}

/** Builds the image if it is missing or of other content. `root` is the checkout or package whose program goes in. */
export async function buildSimulatorImage(root = checkout): Promise<BuiltImage> {
  await buildProgram(root);
  const files = await filesOfImage(root);
  const staging = await mkdtemp(join(tmpdir(), 'zedops-image-'));
  try {
    await stage(staging, files);
    const digest = await digestOf(staging);
    const docker = new Docker();
    const reference = `${repository}:latest`;
    const before = await findImage(docker, reference);
    if (before?.digest === digest) return { reference, digest, isNew: false };
    await importImage(docker, staging, digest);
    if (before?.digest !== undefined) await removeUnused(docker, before.id);
    return { reference, digest, isNew: true };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Bundles the program when a source is newer than its bundle. A package without sources has its bundle already. */
async function buildProgram(root: string): Promise<void> {
  const built = await stat(join(root, 'dist/simulator/main.js')).catch(() => undefined);
  const sources = await Promise.all(
    ['src', 'scripts/build.ts', 'package.json'].map((name) => newestTime(join(root, name))),
  );
  if (built && built.mtimeMs >= Math.max(...sources)) return;
  const build = spawn(process.execPath, [join(root, 'scripts/build.ts')], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
  });
  await ended(build, 'the build of the program');
}

async function newestTime(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const times = await Promise.all((await readdir(path)).map((name) => newestTime(join(path, name))));
  return Math.max(found.mtimeMs, ...times);
}

/** A file or folder of this disk, or a text, by its path in the image. */
type ImageFiles = ReadonlyMap<string, { readonly source: string } | { readonly text: string }>;

async function filesOfImage(root: string): Promise<ImageFiles> {
  const node = await realpath(process.execPath);
  const files = new Map<string, { source: string } | { text: string }>([
    ['usr/local/bin/node', { source: node }],
    ['etc/passwd', { text: 'root:x:0:0:root:/tmp:/sbin/nologin\nsteam:x:1000:1000:steam:/tmp:/sbin/nologin\n' }],
    ['etc/group', { text: 'root:x:0:\nsteam:x:1000:\n' }],
    ['etc/nsswitch.conf', { text: 'passwd: files\ngroup: files\nhosts: files dns\n' }],
  ]);
  for (const library of await librariesOf(node)) files.set(library.slice(1), { source: await realpath(library) });
  for (const name of ['bin', 'dist', 'package.json', 'templates']) {
    files.set(`opt/zedops/${name}`, { source: join(root, name) });
  }
  return files;
}

/** The shared libraries of a program, by the paths where it looks for them, its loader among them. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program]);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []).sort();
}

/** Lays the image's files out as links, which `tar` follows: nothing large is copied. */
async function stage(folder: string, files: ImageFiles): Promise<void> {
  for (const name of ['data', 'tmp']) await mkdir(join(folder, name), { mode: 0o777 });
  for (const [path, file] of files) {
    const place = join(folder, path);
    await mkdir(dirname(place), { recursive: true });
    if ('source' in file) await symlink(file.source, place);
    else await writeFile(place, file.text);
  }
}

/** The digest of a folder's paths and contents, links followed, and of what the image does with them. */
async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(changes));
  await addFolder(hash, folder);
  return hash.digest('hex');
}

async function addFolder(hash: Hash, folder: string): Promise<void> {
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    hash.update(`${name}\0`);
    if ((await stat(path)).isDirectory()) await addFolder(hash, path);
    else
      await pipeline(createReadStream(path), async (pieces) => {
        for await (const piece of pieces) hash.update(piece);
      });
    hash.update('\0');
  }
}

async function findImage(
  docker: Docker,
  reference: string,
): Promise<{ readonly id: string; readonly digest: string | undefined } | undefined> {
  try {
    const { Id, Config } = await docker.getImage(reference).inspect();
    return { id: Id, digest: Config.Labels?.[digestLabel] };
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Removes the image that the new one took the name from, unless it has another name or a container. */
async function removeUnused(docker: Docker, id: string): Promise<void> {
  try {
    const { RepoTags } = await docker.getImage(id).inspect();
    if ((RepoTags ?? []).length === 0) await docker.getImage(id).remove();
  } catch (error) {
    if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
  }
}

function statusOf(error: unknown): unknown {
  return error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
}

/** Packs the folder the same way each time and hands it to the engine. */
async function importImage(docker: Docker, folder: string, digest: string): Promise<void> {
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];
  const tar = spawn(
    'tar',
    [...same, '--dereference', '--hard-dereference', '--mode=u+rwX,go+rX', '-cf', '-', '-C', folder, '.'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const packed = ended(tar, 'tar');
  const answer = await docker.importImage(tar.stdout, {
    repo: repository,
    tag: 'latest',
    changes: [...changes, `LABEL ${digestLabel}=${digest}`],
  });
  const said: string[] = [];
  for await (const piece of answer) said.push(piece.toString());
  await packed;
  const fault = /"error":"([^"]*)"/.exec(said.join(''))?.[1];
  if (fault !== undefined) throw new Error(`the engine did not take the image: ${fault}`);
}

function ended(child: ChildProcess, what: string): Promise<void> {
  const end = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${what} failed: exit code ${code}`))));
  });
  // It may fail before anyone waits for it.
  end.catch(() => undefined);
  return end;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { reference, digest, isNew } = await buildSimulatorImage();
  console.log(`${reference} ${isNew ? 'is built' : 'is as it should be'} (${digest.slice(0, 12)})`);
}
