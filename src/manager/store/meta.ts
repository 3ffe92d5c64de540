import { ZedopsError } from '../../protocol/errors.ts';
import type { Sealing } from '../trust/sealing.ts';
import { type Db, inTransaction } from './database.ts';

const proofKey = 'master_key_proof';
const proofPlace = 'meta/master_key_proof';

/**
 * Makes sure that the master key is the one this database was made with, so that a lost key shows at the start and not
 * when a server is.
 * @throws ZedopsError INTERNAL
 */
export function checkMasterKey(db: Db, sealing: Sealing): Promise<void> {
  return inTransaction(db, async (tx) => {
    const row = await tx.selectFrom('meta').select('value').where('key', '=', proofKey).executeTakeFirst();
    if (row) {
      if (opens(sealing, row.value)) return;
      throw new ZedopsError('INTERNAL', 'The master key is not the one this database was made with', {
        hint: 'put back the master.key that belongs to manager.db; both are of one backup',
      });
    }
    await tx
      .insertInto('meta')
      .values({ key: proofKey, value: sealing.seal(proofPlace, 'zedops') })
      .execute();
  });
}

function opens(sealing: Sealing, sealed: string): boolean {
  try {
    sealing.open(proofPlace, sealed);
    return true;
  } catch {
    return false;
  }
}
