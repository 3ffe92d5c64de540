import { crashList, crashShow } from '../../protocol/operations/crash.ts';
import type { CrashFinder } from '../events/crash-finder.ts';
import { serverNamed } from '../gateway/authorize.ts';
import { handleOnManager } from '../gateway/context.ts';
import type { Db } from '../store/database.ts';
import { listHosts } from '../store/hosts.ts';

/** Handlers of crashes: hosts keep them, and are asked. */
export function crashHandlers({ db, finder }: { readonly db: Db; readonly finder: CrashFinder }) {
  return [
    handleOnManager(crashList, async ({ server: ref }, { identity }) => {
      const server = ref === undefined ? undefined : await serverNamed(db, identity, ref);
      const hosts = await listHosts(db, identity);
      const wanted = server === undefined ? hosts : hosts.filter(({ id }) => id === server.hostId);
      return finder.list(identity, wanted, server?.id);
    }),
    handleOnManager(crashShow, ({ crash }, { identity, signal }) => finder.read(identity, crash, signal)),
  ];
}
