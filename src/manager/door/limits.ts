/** What the door takes at most from outside. */
export interface DoorLimits {
  /** Connections of one address that are not let in yet, or only call over HTTP. */
  readonly arrivalsPerAddress: number;
  /** HTTP requests of one address under way, those that ask for an upgrade among them. */
  readonly requestsPerAddress: number;
  /** Accepted connections of one person or of the local socket. */
  readonly wiresPerIdentity: number;
  /** Accepted connections of one host: one, and those it has lost without knowing. */
  readonly wiresPerHost: number;
  /** Accepted connections of one address, whoever comes from there. */
  readonly wiresPerAddress: number;
  /** Connections of any kind, all in all. */
  readonly connections: number;
  /** Bytes that wait for one reader before it is given up. */
  readonly queuedBytes: number;
  /** Bytes of a request's body: of someone who is known, and of nobody. */
  readonly bodyBytes: number;
  readonly bodyBytesOfNobody: number;
  /** Bytes of a request's line and headers. */
  readonly headerBytes: number;
  /** Milliseconds for the TLS handshake. */
  readonly handshakeMs: number;
  /** Milliseconds from the first byte, or from a connection that says nothing, to the end of the headers. */
  readonly headersMs: number;
  /** Milliseconds for a request with its body. */
  readonly requestMs: number;
  /** Milliseconds an HTTP connection may be quiet between two requests. */
  readonly idleMs: number;
}

/** The limits of a real manager; tests lower them. */
export const defaultLimits: DoorLimits = {
  arrivalsPerAddress: 256,
  requestsPerAddress: 256,
  wiresPerIdentity: 512,
  wiresPerHost: 8,
  wiresPerAddress: 2_048,
  connections: 10_000,
  queuedBytes: 64 * 1024 * 1024,
  bodyBytes: 4 * 1024 * 1024,
  bodyBytesOfNobody: 64 * 1024,
  headerBytes: 16 * 1024,
  handshakeMs: 10_000,
  headersMs: 10_000,
  requestMs: 60_000,
  idleMs: 30_000,
};
