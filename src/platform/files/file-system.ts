import { statfs } from 'node:fs/promises';

/** Kinds of file systems that lie on another machine, by the magic number statfs(2) gives. From the kernel's magic.h. */
const networkKinds: Readonly<Record<string, string>> = {
  '6969': 'NFS',
  ff534d42: 'CIFS',
  fe534d42: 'SMB',
  '517b': 'SMB',
  '1021997': '9p',
  c36400: 'Ceph',
  '5346414f': 'AFS',
  '47504653': 'GPFS',
  bd00bd0: 'Lustre',
  '1161970': 'GFS2',
  '7461636f': 'OCFS2',
};

/**
 * Names the network file system a folder lies on; undefined for one of this machine. FUSE is not told apart: it may be
 * either. @throws Error where the folder cannot be looked at.
 */
export async function networkFileSystem(folder: string): Promise<string | undefined> {
  const { type } = await statfs(folder);
  return networkKindOf(type);
}

/** As {@link networkFileSystem}, of the number itself; the upper half of a negative one is its sign. */
export function networkKindOf(type: number): string | undefined {
  return networkKinds[(type >>> 0).toString(16)];
}
