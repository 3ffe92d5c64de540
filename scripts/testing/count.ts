import { readFile } from 'node:fs/promises';
import * as z from 'zod';

/** How many tests a suite had. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Nothing at all. */
export const noTests: Count = { passed: 0, failed: 0, skipped: 0 };

/** One suite's report as vitest's JSON reporter writes it, as far as it is counted. */
const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
});

/**
 * Reads the count of a suite. A file that failed without a failed test (it could not be loaded), a report that is not
 * there, and an exit that no failure explains count as one failure each: what did not run did not pass.
 */
export async function readCount(path: string, exitCode: number | undefined): Promise<Count> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return { ...noTests, failed: 1 };
  }
  const report = Report.safeParse(JSON.parse(text));
  if (!report.success) return { ...noTests, failed: 1 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report.data;
  const unloaded = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length;
  const failed = numFailedTests + unloaded;
  const nothingRan = numPassedTests + failed === 0;
  return {
    passed: numPassedTests,
    failed: failed === 0 && (exitCode !== 0 || nothingRan) ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
  };
}

/** Both together. */
export function addCounts(a: Count, b: Count): Count {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The line a run ends with: `12 passed, 0 failed`, and how many were skipped, if any. */
export function countLine({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}
