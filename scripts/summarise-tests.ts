import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface VitestReport {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** A file that can't be loaded has no tests that could fail, but it is a failure. */
function brokenFiles(report: VitestReport): number {
  return report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    .length;
}

const folder = process.argv[2] ?? '.';
const projects = ['fast', 'simulation', 'cluster', 'failover'];
const found = new Set(readdirSync(folder));
const reports = projects
  .filter((project) => found.has(`${project}.json`))
  .map((project) => JSON.parse(readFileSync(join(folder, `${project}.json`), 'utf8')) as VitestReport);
const missing = projects.length - reports.length;

const passed = reports.reduce((sum, report) => sum + report.numPassedTests, 0);
const failed = reports.reduce((sum, report) => sum + report.numFailedTests + brokenFiles(report), missing);
const skipped = reports.reduce((sum, report) => sum + report.numPendingTests, 0);

if (missing > 0) console.error(`${missing} of ${projects.length} test projects left no report`);
if (skipped > 0) console.error(`${skipped} tests were skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && reports.every((report) => report.success) ? 0 : 1;
