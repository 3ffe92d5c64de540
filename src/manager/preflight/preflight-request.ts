import type { DraftServer } from '../servers/new-server.ts';
import type { HostRecord } from '../store/hosts.ts';

/** What is looked at before a server is made, and how sure one wants to be. */
export interface PreflightRequest {
  readonly draft: DraftServer;
  readonly host: HostRecord;
  /** Take over what the server's folder holds. `own`: it is this server's already. */
  readonly data: 'new' | 'existing' | 'own';
}
