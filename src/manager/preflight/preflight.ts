import type { HostReadiness, PlanCheck, ServerPlan } from '../../protocol/entities/plan.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { hostPreflight } from '../../protocol/operations/plan.ts';
import type { Hub } from '../hosts/hub.ts';
import { isLost } from '../hosts/lost-link.ts';
import type { DraftServer } from '../servers/new-server.ts';
import type { Db } from '../store/database.ts';
import { findServer, nameTaken, type ServerRecord, serversOnHost } from '../store/servers.ts';
import type { PortBook } from './port-book.ts';
import { claimedPorts, conflictsAmong, conflictsText, freeHint, plannedPorts, usualRange } from './port-conflicts.ts';
import {
  checkData,
  checkDisk,
  checkImage,
  checkMemory,
  checkRuntime,
  passes,
  refuses,
  warns,
} from './preflight-checks.ts';
import type { PreflightRequest } from './preflight-request.ts';

/** Looks at everything that may stand in the way of a server before anything is made. */
export interface Preflight {
  plan(request: PreflightRequest): Promise<ServerPlan>;
}

/** What {@link createPreflight} is made of. */
export interface PreflightDeps {
  readonly db: Db;
  readonly hub: Pick<Hub, 'find'>;
  readonly portBook: Pick<PortBook, 'suggest'>;
}

/** Makes what looks. */
export function createPreflight({ db, hub, portBook }: PreflightDeps): Preflight {
  /** What the host finds, or why it could not be asked. */
  const ask = async ({ draft, host }: PreflightRequest): Promise<HostReadiness | PlanCheck> => {
    const { name, image, game } = draft.server;
    const link = hub.find(host.id);
    const onlyPlan = 'only the fleet’s plan was checked';
    if (!link) {
      const hint = 'look on that host whether zedops agent runs';
      return refuses('host', 'UNREACHABLE', `${host.name} is offline: ${onlyPlan}`, hint);
    }
    if (!link.knows(hostPreflight.subject)) {
      return warns('host', `the agent of ${host.name} is too old to be asked: ${onlyPlan}`, 'upgrade the agent');
    }
    const ports = claimedPorts(game, host).map(({ port, protocol }) => ({ port, protocol }));
    try {
      return await link.request(hostPreflight, { name, image, ports, worldName: game.worldName });
    } catch (error) {
      if (!(await isLost(link, error))) throw error;
      return refuses('host', 'UNREACHABLE', `${host.name} went away while it was asked`, 'try again in a moment');
    }
  };

  const checkPorts = async (
    { draft, host }: PreflightRequest,
    servers: readonly ServerRecord[],
    found: HostReadiness | undefined,
  ): Promise<PlanCheck> => {
    const { id, name, game } = draft.server;
    const wanted = claimedPorts(game, host);
    const listed = wanted.map(({ use, port, protocol }) => `${use} ${port}/${protocol}`).join(', ');
    const taken = [...plannedPorts(servers, host), ...(found?.taken ?? [])];
    const conflicts = conflictsAmong(wanted, taken, id);
    if (conflicts.length === 0) {
      const where = found && found.blind === undefined ? 'free' : 'free by the fleet’s plan';
      return passes('ports', `${listed}: ${where}`);
    }
    const { sets } = await portBook.suggest(host, { ...usualRange, count: 1 });
    return refuses('ports', 'CONFLICT', conflictsText(name, host.name, conflicts), freeHint(host.name, sets));
  };

  const checkName = async (
    { draft: { server }, host }: PreflightRequest,
    found: HostReadiness | undefined,
    isOwn: boolean,
  ): Promise<PlanCheck> => {
    const same = await findServer(db, server.name);
    if (same && same.id !== server.id) {
      const { code, message, hint } = nameTaken(same);
      return refuses('name', code, message, hint);
    }
    const container = isOwn ? undefined : found?.sameName;
    if (container === undefined) return passes('name', `${server.name} is free`);
    const hint = `choose another name, or make room: docker rename ${container} …`;
    return refuses('name', 'CONFLICT', `Another container on ${host.name} is named ${container}`, hint);
  };

  return {
    async plan(request) {
      const { draft, host, data } = request;
      const { server } = draft;
      const servers = (await serversOnHost(db, host.id)).filter(({ id }) => id !== server.id);
      const answer = await ask(request);
      const found = 'level' in answer ? undefined : answer;
      const problem = 'level' in answer ? answer : blindness(host.name, answer);
      const checks = [
        ...(problem ? [problem] : []),
        await checkName(request, found, data === 'own'),
        settingsCheck(draft),
        await checkPorts(request, servers, found),
        ...(found ? [checkDisk(found, draft, data === 'own')] : []),
        checkMemory(host, servers, server.limits),
        ...(found && found.blind === undefined ? [checkImage(found, draft, host)] : checkRuntime(draft, host)),
        ...(found ? [checkData(found, request)] : []),
      ];
      return {
        name: server.name,
        host: host.name,
        image: server.image,
        power: server.power,
        ports: [...server.game.ports],
        limits: server.limits,
        checks,
        isPossible: checks.every(({ level }) => level !== 'refuse'),
      };
    },
  };
}

/**
 * Makes sure that nothing refuses, and tells what there is to be warned of.
 * @throws ZedopsError with all that refuses, under the code of the first.
 */
export function refuseImpossible({ name, host, checks }: ServerPlan): readonly string[] {
  const all = checks.filter(({ level }) => level === 'refuse');
  // Where the name is another's, its ports and its folder are too, and say nothing more.
  const taken = all.find((check) => check.name === 'name');
  const refusals = taken ? [taken] : all;
  const [first] = refusals;
  if (!first) return checks.flatMap(({ level, text }) => (level === 'warn' ? [text.slice(0, 512)] : []));
  const texts = refusals.map(({ text }) => text).join('; ');
  const message = refusals.length === 1 ? first.text : `${name} cannot be made on ${host}: ${texts}`;
  const hints = refusals.flatMap(({ hint }) => hint ?? []);
  throw new ZedopsError(first.code ?? 'CONFLICT', message, hints.length === 0 ? {} : { hint: hints.join('; ') });
}

function blindness(hostName: string, { blind }: HostReadiness): PlanCheck | undefined {
  return blind === undefined
    ? undefined
    : refuses('host', 'UNREACHABLE', `${hostName} cannot look at its engine: ${blind}`, 'systemctl status docker');
}

function settingsCheck({ server, given, stored }: DraftServer): PlanCheck {
  const filled = Object.keys(stored.env).length - given;
  return passes('settings', `${given} given, ${filled} filled in; they fit the image ${server.image.template}`);
}
