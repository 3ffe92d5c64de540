import type { EngineProxy, HeldCall } from './engine-proxy.ts';
import { eventually } from './eventually.ts';
import type { Fleet } from './fleet.ts';
import type { Outcome } from './zedops.ts';

/** Where in a command the agent dies: at a call to its engine, or once a step is shown whose words fit. */
export type DeathPoint = HeldCall | { readonly step: RegExp };

/** Runs commands of a fleet whose agent dies in the middle of them, with SIGKILL, and comes back. */
export interface KilledAgent {
  /** Resolves with what the command came to; whoever typed it has waited through it all. */
  during(args: readonly string[], point: DeathPoint): Promise<Outcome>;
}

/** Makes what kills the agent of a fleet, whose engine is behind `proxy`. */
export function createKilledAgent(fleet: Fleet, proxy: EngineProxy): KilledAgent {
  return {
    async during(args, point) {
      const held = 'call' in point ? proxy.hold(point) : undefined;
      const command = fleet.owner.start(args);
      let isOver = false;
      void command.exited.then(() => {
        isOver = true;
      });
      await (held ?? eventually('the step', () => isOver || ('step' in point && point.step.test(command.stderr()))));
      // Work that was quicker than the news of its step must stand a death just after its end as well.
      await fleet.agent().end('SIGKILL');
      await fleet.startAgent();
      await eventually('the command to end', () => isOver, 60).catch((cause: unknown) => {
        throw new Error(`zedops ${args.join(' ')} did not end: ${command.stderr()}${fleet.agent().stderr()}`, {
          cause,
        });
      });
      const exitCode = await command.exited;
      return { exitCode, stdout: command.output(), stderr: command.stderr() };
    },
  };
}
