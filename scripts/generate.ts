/**
 * Writes the files that are rendered from tables in the code: `npm run generate`.
 * With `-- --check` nothing is written, and stale files make it fail.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeDifference } from './generate-difference.ts';
import { type GeneratedFile, generatedFiles } from './generated-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const stale: string[] = [];
for (const file of generatedFiles) {
  const difference = await generate(file, values.check);
  if (difference !== undefined) stale.push(difference);
}
for (const difference of stale) console.log(difference);
if (values.check && stale.length > 0) {
  console.error('Generated files are out of date; run "npm run generate" and commit them.');
  process.exitCode = 1;
}

/** Renders a file and, unless only checking, writes it; returns what changed, if anything did. */
async function generate({ path, render }: GeneratedFile, checkOnly: boolean): Promise<string | undefined> {
  const rendered = await render();
  const present = await readIfThere(join(root, path));
  if (rendered === present) return undefined;
  if (!checkOnly) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), rendered);
  }
  return describeDifference(path, present, rendered);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
