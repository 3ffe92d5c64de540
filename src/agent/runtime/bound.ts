import { realpath } from 'node:fs/promises';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';

/** A place of this host that something runs in or has mounted, and what that is called. */
export interface Binding {
  readonly name: string;
  readonly hostPath: string;
}

/** Names of those bound to a folder or to what is in it, each once. Links on the way to a path count as what they lead to. */
export async function boundTo(folder: string, bindings: readonly Binding[]): Promise<readonly string[]> {
  const real = await resolved(folder);
  const names = new Set<string>();
  for (const { name, hostPath } of bindings) {
    const paths = [hostPath, await resolved(hostPath)];
    if (paths.some((path) => [folder, real].some((place) => path === place || path.startsWith(`${place}/`)))) {
      names.add(name);
    }
  }
  return [...names];
}

/** A path without links; as it is where nothing is there. */
async function resolved(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (isMissing(error) || code === 'ENOTDIR' || code === 'EACCES' || code === 'ELOOP') return path;
    throw error;
  }
}
