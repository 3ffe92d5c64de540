import type { Clock } from '../../platform/clock.ts';
import type { KeepDeleted } from '../../protocol/entities/deletion.ts';
import type { Adoptions } from '../adoption/adoption.ts';
import type { Mirror } from '../hosts/mirror.ts';
import type { Feeds } from '../logs/feeds.ts';
import type { PortBook } from '../preflight/port-book.ts';
import type { Preflight } from '../preflight/preflight.ts';
import type { Relocations } from '../relocation/relocations.ts';
import type { Db } from '../store/database.ts';
import type { Sealing } from '../trust/sealing.ts';
import type { Catalog } from './catalog.ts';

/** What the writer of the desired state is made of; see `createDesire`. */
export interface DesireDeps {
  readonly db: Db;
  readonly sealing: Sealing;
  readonly catalog: Catalog;
  readonly mirror: Pick<Mirror, 'own' | 'disown' | 'find'>;
  readonly feeds: Pick<Feeds, 'end'>;
  readonly portBook: Pick<PortBook, 'refuse' | 'all'>;
  readonly preflight: Preflight;
  readonly adoptions: Adoptions;
  readonly relocations: Pick<Relocations, 'change'>;
  readonly clock: Clock;
  /** How long a deleted server is kept where nobody says otherwise. */
  readonly retention: KeepDeleted;
}
