import { stat } from 'node:fs/promises';
import { profilesFile } from '../../client/connect/profiles.ts';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { Finding } from '../../protocol/entities/finding.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Context } from '../grammar/command.ts';

/** Looks at what a command line needs of its own machine: Node, settings, and who may read its files. */
export async function examineThisMachine(context: Context): Promise<readonly Finding[]> {
  const { paths } = context;
  const findings: Finding[] = [examineNode(), examineSettings(context)];
  for (const [check, path, isFile] of [
    ['sign-ins', profilesFile(paths), true],
    ['manager folder', paths.manager, false],
    ['agent folder', paths.agent, false],
  ] as const) {
    const finding = await examineMode(check, path, isFile ? 0o600 : 0o700);
    if (finding) findings.push(finding);
  }
  return findings;
}

function examineNode(): Finding {
  const version = process.versions.node;
  const isNew = Number(version.split('.')[0]) >= 24;
  return isNew
    ? { check: 'node', level: 'ok', message: version }
    : { check: 'node', level: 'fail', message: `${version} is too old`, fix: 'install Node 24 or newer' };
}

function examineSettings(context: Context): Finding {
  try {
    const set = context
      .settings()
      .all()
      .filter(({ origin }) => origin !== 'default').length;
    return { check: 'settings', level: 'ok', message: set === 0 ? 'all defaults' : `${set} set` };
  } catch (error) {
    if (!(error instanceof ZedopsError)) throw error;
    return { check: 'settings', level: 'fail', message: error.message, ...(error.hint ? { fix: error.hint } : {}) };
  }
}

async function examineMode(check: string, path: string, wanted: number): Promise<Finding | undefined> {
  try {
    const mode = (await stat(path)).mode & 0o777;
    if ((mode & 0o077) === 0) return { check, level: 'ok', message: `${path} is its owner’s alone` };
    const shown = mode.toString(8).padStart(4, '0');
    return {
      check,
      level: 'fail',
      message: `others may look into ${path} (mode ${shown})`,
      fix: `chmod ${wanted.toString(8)} ${path}`,
    };
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (systemErrorCode(error) === 'EACCES') return { check, level: 'ok', message: `${path} belongs to someone else` };
    throw error;
  }
}
