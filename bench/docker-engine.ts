import { execa } from 'execa';
import { root } from '../test/support/zedops.ts';
import type { Cleaner } from './cleaner.ts';

/** Where the engine listens that the benches use. */
export const socketPath = '/var/run/docker.sock';

const simulatorImage = 'zedops-simulator:latest';
const emptyImage = 'zedops-bench-empty:latest';

/** Makes sure that an engine answers and that it has the simulator's image. @returns the image's reference. */
export async function needSimulatorImage(): Promise<string> {
  const version = await execa('docker', ['version'], { reject: false });
  if (version.exitCode !== 0) throw new Error('no Docker engine answers, and this bench needs one');
  const image = await execa('docker', ['image', 'inspect', simulatorImage], { reject: false });
  if (image.exitCode !== 0) await execa('npm', ['run', 'image:simulator'], { cwd: root });
  return simulatorImage;
}

/** Removes containers by name, running or not; those that are not there are no error. */
export async function removeContainers(names: readonly string[]): Promise<void> {
  if (names.length > 0) await execa('docker', ['rm', '--force', '--volumes', ...names], { reject: false });
}

/** Makes an image with nothing in it, for containers that are never started. @returns its reference. */
export async function makeEmptyImage(cleaner: Cleaner): Promise<string> {
  cleaner.add(() => execa('docker', ['image', 'rm', emptyImage], { reject: false }));
  // An archive without an entry is two blocks of zeros.
  await execa('docker', ['import', '-', emptyImage], { input: Buffer.alloc(1024) });
  return emptyImage;
}
