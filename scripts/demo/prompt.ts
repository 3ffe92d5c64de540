import { spawn } from 'node:child_process';
import { type DemoFleet, putOnPath } from './fleet.ts';

const toTry = [
  ['zedops', 'the fleet on the whole screen; ? for every key, q to leave'],
  ['zedops ps', 'the three servers'],
  ['zedops logs alpha -f', 'follow a log; Ctrl-C ends it'],
  ['zedops server show alpha', 'one server, with the evidence for its state'],
  ['zedops stop alpha', 'save, confirmation, quit, exit'],
  ['zedops start alpha', 'and back again'],
  ['zedops server template simulator', 'the env file a server is made from'],
  ['zedops doctor', 'what could hurt later'],
  ['zedops audit', 'who did what'],
] as const;

/** Leaves the user at a prompt of their own shell, on which `zedops` is the demo's. Resolves when they leave it. */
export async function leaveAtPrompt(fleet: DemoFleet): Promise<void> {
  const folder = await putOnPath(fleet.home);
  process.stdout.write(`\nThe manager is ${fleet.url}. Try:\n`);
  for (const [command, what] of toTry) process.stdout.write(`  ${command.padEnd(34)} ${what}\n`);
  process.stdout.write('\nLeave with `exit`: everything the demo started goes away.\n\n');
  const env = { ...fleet.program.env, PATH: `${folder}:${process.env.PATH ?? ''}`, PS1: 'zedops demo $ ' };
  await new Promise<void>((resolve) => {
    const shell = spawn('bash', ['--noprofile', '--norc', '-i'], { env, stdio: 'inherit', cwd: fleet.home });
    shell.on('error', () => resolve());
    shell.on('exit', () => resolve());
  });
}
