import type { Fleet } from '../test/support/fleet.ts';
import type { BenchContext } from './comparison.ts';
import { removeContainers } from './docker-engine.ts';

/** A server that ZedOps made and started, and the name of its container. */
export interface SimulatedServer {
  readonly name: string;
  readonly container: string;
  /** Ends it and removes its container. */
  remove(): Promise<void>;
}

/** Creates a simulated server through the manager and waits until it is ready. @throws Error with what ZedOps said. */
export async function createSimulatedServer(
  fleet: Fleet,
  { cleaner }: BenchContext,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<SimulatedServer> {
  const container = `simulator-${name}`;
  const remove = cleaner.add(() => removeContainers([container]));
  const file = await fleet.envFile(name, { SIM_SAVE_FILES: '10', SIM_SAVE_MB: '0.1', ...settings });
  await must(fleet, ['server', 'create', name, '--host', fleet.host, '--image', 'simulator', '--env-file', file]);
  return {
    name,
    container,
    async remove() {
      await must(fleet, ['server', 'kill', name, '--yes']);
      await must(fleet, ['server', 'delete', name, '--yes']);
      await remove();
    },
  };
}

/** Runs a command as the owner. @throws Error when it fails. */
export async function must(fleet: Fleet, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await fleet.owner.run(args);
  if (exitCode !== 0) throw new Error(`zedops ${args.join(' ')} exited with ${exitCode}: ${stderr}`);
  return stdout;
}
