import { join } from 'node:path';
import * as z from 'zod';
import { readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import { ProcessIdentity } from './process-identity.ts';

/** What a supervisor is told to run. Holds secrets: a file for its owner alone, never an argument. */
export const ProcessRecord = z.object({
  name: z.string(),
  image: z.string(),
  template: z.string(),
  serverId: z.string(),
  /** As a container's labels. */
  labels: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.object({ port: z.int(), protocol: z.enum(['udp', 'tcp']) })),
  /** The folder whose owner the game runs as, where the agent is root. */
  ownerOf: z.string(),
  cwd: z.string(),
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()),
  log: z.object({ maxBytes: z.int(), files: z.int() }),
});
export type ProcessRecord = z.infer<typeof ProcessRecord>;

/** The newest run of a record. Written by its supervisor, and by the agent where the supervisor is gone. */
export const ProcessRun = z.object({
  supervisor: ProcessIdentity,
  game: ProcessIdentity,
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  /** 128 and the signal's number where a signal ended it. Absent: it ended with nobody watching. */
  exitCode: z.int().optional(),
});
export type ProcessRun = z.infer<typeof ProcessRun>;

/** What a supervisor says on its standard output, once, as one line of JSON. */
export const SupervisorWord = z.union([z.object({ started: z.literal(true) }), z.object({ error: z.string() })]);

/** The record in a process's folder; undefined where there is none. */
export async function readRecord(folder: string): Promise<ProcessRecord | undefined> {
  const text = await readIfThere(recordFile(folder));
  return text === undefined ? undefined : ProcessRecord.parse(JSON.parse(text));
}

/** Writes the record that makes a folder a process. */
export async function writeRecord(folder: string, record: ProcessRecord): Promise<void> {
  await writeAtomically(recordFile(folder), JSON.stringify(record));
}

/** The newest run; undefined before the first. */
export async function readRun(folder: string): Promise<ProcessRun | undefined> {
  const text = await readIfThere(runFile(folder));
  return text === undefined ? undefined : ProcessRun.parse(JSON.parse(text));
}

/** Writes what became of the newest run. */
export async function writeRun(folder: string, run: ProcessRun): Promise<void> {
  await writeAtomically(runFile(folder), JSON.stringify(run));
}

/** Where a supervisor's own complaints go. */
export function complaintsFile(folder: string): string {
  return join(folder, 'supervisor.log');
}

function recordFile(folder: string): string {
  return join(folder, 'process.json');
}

function runFile(folder: string): string {
  return join(folder, 'run.json');
}
