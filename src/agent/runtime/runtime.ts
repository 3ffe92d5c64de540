import type { Duplex } from 'node:stream';
import type { RuntimeKind } from '../../protocol/entities/host.ts';
import type { HostPort } from '../../protocol/entities/port.ts';
import type { ObservedContainer } from '../../protocol/entities/server.ts';
import type { ContainerSpec } from '../spec/container-spec.ts';
import type { ForeignContainers } from './foreign.ts';
import type { EngineUpkeep } from './upkeep.ts';
import type { Usage } from './usage.ts';

/** A TCP port published on the loopback address only: nobody outside this host reaches it. */
export interface LoopbackPort {
  /** The container's own port. */
  readonly inside: number;
  readonly host: string;
  readonly port: number;
}

/** A container (or supervised process) of ours, with what only this host needs to know. */
export interface RuntimeContainer extends ObservedContainer {
  /** Id of the server it belongs to, from its label. */
  readonly serverId: string;
  /** Address at which this host reaches the game's own TCP ports; absent unless running. */
  readonly address?: string;
  /** Ports of this host's loopback address that lead to its TCP ports; absent where there are none. */
  readonly loopbackPorts?: readonly LoopbackPort[];
  /** Its main process, as the engine numbers it; absent unless running. */
  readonly pid?: number;
  /** The revision of the server's desired state it was made of, from its label. */
  readonly revision?: number;
  /** Id of the request that made it in the place of another, from its label. */
  readonly madeBy?: string;
}

/** What one question to the engine tells of each of our containers. */
export type ListedContainer = Pick<RuntimeContainer, 'id' | 'name' | 'image' | 'status' | 'serverId'>;

/** Something that happened to one of our containers, whoever did it. */
export interface RuntimeEvent {
  readonly serverId: string;
  readonly containerId: string;
  readonly kind: 'created' | 'started' | 'exited' | 'paused' | 'resumed' | 'oom' | 'removed' | 'renamed';
  /** RFC 3339, by the engine's clock. */
  readonly at: string;
}

/**
 * A place in a container's output: the time of a line as the engine wrote it, and how many lines with that same time
 * were read. Reading goes on with the line after it, exactly.
 */
export interface LogPosition {
  readonly time: string;
  readonly nth: number;
}

/** Lines as the engine has them: each `<RFC 3339 time> <o|e> <text>`, joined by line feeds, without a trailing one. */
export interface LogChunk {
  readonly count: number;
  readonly text: string;
  /** The place after the last of these lines. */
  readonly position: LogPosition;
}

/** What to read of a container's output. */
export interface LogRequest {
  /** Go on after this place; absent: from the first line the engine still has. */
  readonly after?: LogPosition;
  /** Stay for what comes, until the container exits. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Progress of a preparation, such as a pull. `percent` is absent while it is not known. */
export type ReportStep = (step: string, percent?: number) => void;

/** A container of this host, whoever made it, and the ports of the host that it has or takes when it is started. */
export interface SurveyedContainer {
  readonly name: string;
  readonly isStopped: boolean;
  readonly ports: readonly HostPort[];
  /** Set for a container of ours. */
  readonly serverId?: string;
}

/** What a registry says of an image, and the engine's words where it does not have it. */
export interface ImageSurvey {
  readonly registry: 'has-it' | 'has-not' | 'refuses' | 'unreachable';
  readonly problem?: string;
  /** `sha256:…` of what the registry has under that reference now. */
  readonly digest?: string;
}

/** What an engine that others use too tells of things that are not ours. It only looks. */
export interface EngineSurvey {
  /** Every container, running or not: at most 1,000. */
  containers(): Promise<readonly SurveyedContainer[]>;
  /** Says whether an image is on this host. */
  hasImage(reference: string): Promise<boolean>;
  /** Asks the image's registry, through the engine, whether it has the image. Never fails for the registry's sake. */
  registry(reference: string): Promise<ImageSurvey>;
  /** Where the engine keeps images. */
  imageFolder(): Promise<string>;
}

/**
 * What runs the game. Two adapters: Docker, and supervised processes for hosts without it. All ids are container ids.
 * Every method throws ZedopsError: NOT_FOUND for an id that is not there, EngineAway (UNREACHABLE) when the engine does
 * not answer, CONFLICT for a name or port that is taken, INVALID_INPUT for what the engine refuses.
 */
export interface Runtime {
  readonly kind: RuntimeKind;
  /** Absent where there is no engine that others use too. */
  readonly survey?: EngineSurvey;
  /** What ZedOps did not make; absent where there is no such thing to see. */
  readonly foreign?: ForeignContainers;
  /** What whoever examines this host asks an engine; absent where there is none. */
  readonly upkeep?: EngineUpkeep;
  /** The engine's version. */
  version(): Promise<string>;
  /** Makes sure of what a container needs before it can be created: networks, and the image, pulled by its policy. */
  prepare(
    spec: ContainerSpec,
    pull: 'missing' | 'always' | 'never',
    report: ReportStep,
    signal: AbortSignal,
  ): Promise<void>;
  /** Creates a container, stopped. @returns its id. */
  create(spec: ContainerSpec): Promise<string>;
  /** Starts it. Starting a running one is no error. */
  start(id: string): Promise<void>;
  /** Ends it: SIGTERM, and SIGKILL after `graceSeconds`. Resolves when it has exited. An exited one is no error. */
  stop(id: string, graceSeconds: number): Promise<void>;
  /** Ends it at once with SIGKILL. An exited one is no error. */
  kill(id: string): Promise<void>;
  /** Gives it another name, running or not. Its own name is no error. */
  rename(id: string, name: string): Promise<void>;
  /** Removes a container that is not running. One that is gone already is no error. Never touches bind mounts. */
  remove(id: string): Promise<void>;
  /** One of our containers; undefined when it is not there. */
  inspect(id: string): Promise<RuntimeContainer | undefined>;
  /** What a running container uses; undefined where that cannot be known. Absent where nothing can. */
  usage?(container: RuntimeContainer): Promise<Usage | undefined>;
  /** All containers that carry our label, running or not, by one question; {@link inspect} tells more of each. */
  list(): Promise<readonly ListedContainer[]>;
  /** Names of all containers of this host, ours or not, running or not, that are bound to a folder or a place in it. */
  boundTo(folder: string): Promise<readonly string[]>;
  /**
   * Calls `onEvent` for what happens to our containers until the signal aborts or the engine goes away, in which case it
   * rejects with UNREACHABLE. `onLive` is called once events are flowing: a list made after it misses nothing.
   */
  watch(onEvent: (event: RuntimeEvent) => void, onLive: () => void, signal: AbortSignal): Promise<void>;
  /**
   * Reads output. `sink` gets chunks in order; while a promise it returned is pending, nothing more is read (the
   * container never notices). Resolves at the end of the output, or when the signal aborts.
   */
  logs(id: string, request: LogRequest, sink: (chunk: LogChunk) => undefined | Promise<void>): Promise<void>;
  /** Runs a program inside a running container. Output is cut at 64 KiB. */
  exec(id: string, command: readonly string[], signal: AbortSignal): Promise<{ exitCode: number; output: string }>;
  /**
   * Runs a program inside a running container, with its standard input and output as one stream that belongs to the
   * caller: ending it ends the program's input. It breaks with what the program says on its standard error, if anything.
   */
  pipe(id: string, command: readonly string[], signal: AbortSignal): Promise<Duplex>;
  /** Releases connections and timers of this object; containers run on. */
  close(): Promise<void>;
}
