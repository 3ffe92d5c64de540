import { join } from 'node:path';
import { type Clock, pause } from '../platform/clock.ts';
import { packageRoot } from '../platform/files/package-root.ts';
import type { Paths } from '../platform/files/paths.ts';
import type { Log } from '../platform/log.ts';
import type { KeepDeleted } from '../protocol/entities/deletion.ts';
import { handlerTable } from '../protocol/handlers.ts';
import type { ManagerOperation } from '../protocol/operations/index.ts';
import { createPeer } from '../protocol/peer.ts';
import type { Wire } from '../protocol/wire.ts';
import { createAdoptions } from './adoption/adoption.ts';
import { createManagerDoctor } from './doctor/doctor.ts';
import type { Asker } from './door/door-options.ts';
import { createLive, type Live } from './door/live.ts';
import { createCrashFinder } from './events/crash-finder.ts';
import { createEventBook } from './events/event-book.ts';
import { createEventWatch, notePresence } from './events/event-watch.ts';
import { createTellGame } from './events/game-line.ts';
import { createFleet } from './fleet/fleet.ts';
import { createFleetBoard } from './fleet/fleet-board.ts';
import { createJobFinder } from './fleet/job-finder.ts';
import { createAuditTrail } from './gateway/audit-trail.ts';
import { createAuthorize } from './gateway/authorize.ts';
import { createForward } from './gateway/forwarding.ts';
import { createGateway, type Gateway } from './gateway/gateway.ts';
import { adoptionHandlers } from './handlers/adoption.ts';
import { crashHandlers } from './handlers/crash.ts';
import { eventHandlers } from './handlers/event.ts';
import { fleetHandlers } from './handlers/fleet.ts';
import { hostHandlers } from './handlers/host.ts';
import { imageHandlers } from './handlers/image.ts';
import { jobHandlers } from './handlers/job.ts';
import { logSearchHandlers } from './handlers/log-search.ts';
import { managerHandlers } from './handlers/manager.ts';
import { metricsHandlers } from './handlers/metrics.ts';
import { personHandlers } from './handlers/person.ts';
import { playerHandlers } from './handlers/player.ts';
import { portHandlers } from './handlers/port.ts';
import { rconHandlers } from './handlers/rcon.ts';
import { relocationHandlers } from './handlers/relocation.ts';
import { serverHandlers } from './handlers/server.ts';
import { serverEditHandlers } from './handlers/server-edit.ts';
import { serverForgetHandlers } from './handlers/server-forget.ts';
import { serverStateHandlers } from './handlers/server-state.ts';
import { tagHandlers } from './handlers/tag.ts';
import { type AgentIdentity, createEnrolment, type Enrolment } from './hosts/enrolment.ts';
import { createHostNotes } from './hosts/host-notes.ts';
import { createHostWatch } from './hosts/host-watch.ts';
import { createHub, type Hub } from './hosts/hub.ts';
import { openMirror } from './hosts/mirror.ts';
import { keepHouse } from './housekeeping.ts';
import { createFeeds } from './logs/feeds.ts';
import { createLogSource } from './logs/log-source.ts';
import { createMetricsBoard } from './metrics/metrics-board.ts';
import { createMetricsSource } from './metrics/metrics-source.ts';
import { createGrantWatch } from './people/grant-watch.ts';
import { createPasswords, type Passwords } from './people/passwords.ts';
import { createPeople } from './people/people.ts';
import { createSignIn } from './people/sign-in.ts';
import { createTokens } from './people/tokens.ts';
import { createAccountFinder } from './players/account-finder.ts';
import { createPlayerAim } from './players/player-aim.ts';
import { keepPlayerRetention, usualPlayerRetention } from './players/player-retention.ts';
import { createPlayers } from './players/players.ts';
import { createPortBook } from './preflight/port-book.ts';
import { createPreflight } from './preflight/preflight.ts';
import { createRelocations } from './relocation/relocations.ts';
import { createStrayWatch } from './relocation/stray-watch.ts';
import { createTakeBack } from './relocation/take-back.ts';
import { createCatalog } from './servers/catalog.ts';
import { createDesire } from './servers/desire.ts';
import { createEdit } from './servers/edit.ts';
import { usualRetention } from './servers/removal.ts';
import { keepRetention } from './servers/retention.ts';
import { recallUnsettled } from './servers/undo-new-server.ts';
import { openStore, type Store } from './store/database.ts';
import { checkMasterKey } from './store/meta.ts';
import { type Authority, openAuthority } from './trust/authority.ts';
import { openSealing } from './trust/sealing.ts';
import { keepServerCertificate, managerNames, type ServerCertificateKeeper } from './trust/server-certificate.ts';

/** What a {@link ManagerCore} is made of. */
export interface CoreOptions {
  readonly paths: Paths;
  readonly clock: Clock;
  readonly log: Log;
  /** Further names and addresses for the manager's certificate. */
  readonly names: readonly string[];
  /** What the manager listens on now. */
  readonly listens: () => readonly string[];
  readonly passwords?: Passwords;
  /** How long deleted servers are kept; without it, seven days. */
  readonly retention?: KeepDeleted;
  /** Seconds that it is kept who played where; without it, a year. */
  readonly playerRetention?: number | 'forever';
}

/** Everything of a manager but its door. */
export interface ManagerCore {
  readonly store: Store;
  readonly authority: Authority;
  readonly certificate: ServerCertificateKeeper;
  readonly enrolment: Enrolment;
  readonly live: Live;
  readonly hub: Hub;
  readonly gateway: Gateway;
  /** Serves a person's connection. */
  onClient(wire: Wire, asker: Asker): void;
  /** Serves a host's connection. */
  onAgent(wire: Wire, agent: AgentIdentity, from: string): void;
}

/** What has to be ended, in the order it was begun. */
export type Endings = (() => Promise<void> | void)[];

/** Milliseconds what is under way has to hear that its connections are gone, and to say so in the audit. */
const idleMs = 5_000;

/** Opens store, keys and authority and joins the parts. What it begins it puts on `endings`, also where it fails half-way. */
export async function openCore(options: CoreOptions, endings: Endings): Promise<ManagerCore> {
  const { paths, clock, log, listens } = options;
  const store = await openStore(paths.manager, clock);
  endings.push(() => store.close());
  const { db } = store;
  const sealing = await openSealing(paths.manager);
  await checkMasterKey(db, sealing);
  const authority = await openAuthority(paths.manager, clock);
  const { fingerprint } = authority;
  const certificate = await keepServerCertificate({
    authority,
    names: () => managerNames(options.names),
    clock,
    log,
  });
  endings.push(() => certificate.stop());
  const live = createLive(clock);
  endings.push(() => live.stop());
  const people = { db, clock, fingerprint, live };
  const signIn = createSignIn({ ...people, passwords: options.passwords ?? createPasswords() });
  const enrolment = createEnrolment({ db, authority, clock, live });
  endings.push(keepHouse({ db, clock, log }));
  const { playerRetention = usualPlayerRetention } = options;
  endings.push(keepPlayerRetention({ db, clock, log, kept: playerRetention }));

  const mirror = await openMirror({ db, clock, log });
  endings.push(() => mirror.flush());
  const notes = createHostNotes({ db, clock, log });
  endings.push(() => notes.flush());
  const onStray = createStrayWatch({ db, log });
  const watch = createHostWatch({ db, sealing, mirror, notes, onStray, clock, log });
  const book = createEventBook({ db, clock, log });
  endings.push(() => book.close());
  const eventWatch = createEventWatch({ db, book, clock, log });
  const hub = createHub({
    clock,
    log,
    onOnline(link, signal) {
      watch.begin(link, signal);
      eventWatch.begin(link, signal);
    },
    onSeen: notes.seen,
  });
  hub.onPresence((hostId, isOnline) => {
    if (!isOnline) mirror.leave(hostId);
  });
  const fleet = createFleet({ mirror, hub, clock });
  const feeds = createFeeds({ sourceOf: (server) => createLogSource(server, { hub, clock }), clock });
  const catalog = createCatalog({
    folders: [join(packageRoot(), 'templates/images'), join(paths.config, 'images')],
    log,
  });
  const portBook = createPortBook({ db, hub });
  const preflight = createPreflight({ db, hub, portBook });
  const adoptions = createAdoptions({ hub, catalog, clock });
  const { retention = usualRetention } = options;
  const relocations = createRelocations({
    ...{ db, sealing, catalog, hub, mirror, feeds, preflight, tellAgain: watch.tellAgain, clock, log },
  });
  endings.push(() => relocations.close());
  const desire = createDesire({
    db,
    sealing,
    catalog,
    mirror,
    feeds,
    portBook,
    preflight,
    adoptions,
    relocations,
    clock,
    retention,
  });
  const left = await recallUnsettled({ db, mirror });
  const forward = createForward({ db, hub, desire, relocations, left, tellAgain: watch.tellAgain, log });
  const edit = createEdit({ db, sealing, catalog, hub, mirror, portBook, relocations, tellAgain: watch.tellAgain });
  const doctor = createManagerDoctor({ folder: paths.manager, store, certificate, hub, catalog, sealing, clock });
  const players = createPlayers({ db, mirror, clock });
  const metrics = createMetricsBoard({ db, source: createMetricsSource({ hub, clock, log }), mirror, clock });
  endings.push(() => metrics.close());
  const handlers = handlerTable<ManagerOperation>()([
    ...managerHandlers({ db, hub, doctor, fingerprint, listens, clock }),
    ...hostHandlers({ db, enrolment, fleet, hub, live, clock }),
    ...serverHandlers({ db, sealing, fleet, feeds, mirror }),
    ...logSearchHandlers({ db, hub, fleet }),
    ...portHandlers({ db, portBook, preflight, catalog, clock }),
    ...tagHandlers(db),
    ...relocationHandlers(relocations, createTakeBack({ db, sealing, hub, relocations })),
    ...serverEditHandlers({ edit }),
    ...serverForgetHandlers({ db, hub, mirror, feeds, relocations, clock }),
    ...serverStateHandlers({ db, mirror, fleet }),
    ...crashHandlers({ db, finder: createCrashFinder({ db, hub, clock }) }),
    ...eventHandlers({ db, book }),
    ...playerHandlers({
      ...{ db, fleet, players },
      accounts: createAccountFinder({ db, hub, clock }),
      aim: createPlayerAim({ db, mirror, players }),
      tell: createTellGame({ db, hub }),
    }),
    ...fleetHandlers(createFleetBoard({ db, fleet, mirror, hub, clock, log })),
    ...metricsHandlers(metrics),
    ...jobHandlers({
      db,
      finder: createJobFinder({ db, hub, relocations, clock }),
      desire,
      tellAgain: watch.tellAgain,
    }),
    ...rconHandlers({ db, hub }),
    ...imageHandlers(catalog),
    ...adoptionHandlers({ portBook, adoptions }),
    ...personHandlers({ signIn, people: createPeople(people), tokens: createTokens(people) }),
  ]);
  const trail = createAuditTrail({ db, clock, log });
  const grants = createGrantWatch({ db, clock, log });
  const gateway = createGateway({ handlers, authorize: createAuthorize(db), forward, trail, grants, clock });
  endings.push(async () => {
    await Promise.race([gateway.idle(), pause(clock, idleMs)]);
  });
  endings.push(keepRetention({ db, hub, gateway, clock, log }));
  endings.push(() => feeds.close());
  endings.push(() => hub.close());
  // Ends before the hub: a manager that stops says nothing about its hosts.
  endings.push(notePresence(hub, book));

  const onClient = (wire: Wire, asker: Asker): void => {
    createPeer({
      wire,
      serve: (incoming) => {
        const { subject, data, id, signal, progress } = incoming;
        return gateway.handle(subject, data, { asker, id, signal, progress, reader: incoming });
      },
      onBug: (error, id) => log.error({ id, error: asError(error) }, 'a request failed'),
    });
  };
  const onAgent = (wire: Wire, agent: AgentIdentity, from: string): void => {
    hub.attach(wire, agent, ({ subject, data, id, signal, progress }) => {
      const asker = { identity: undefined, from };
      return gateway.handle(subject, data, { asker, agent, id, signal, progress });
    });
  };

  return { store, authority, certificate, enrolment, live, hub, gateway, onClient, onAgent };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
