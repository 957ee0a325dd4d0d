import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildProgram } from './build-program.ts';

const root = join(import.meta.dirname, '..');
const binaries = join(root, 'dist', 'bin');
const names = ['repmgr', 'repmgrd'];

const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

await rm(join(root, 'dist'), { recursive: true, force: true });
await mkdir(binaries, { recursive: true });
// The executables have no extension: without this file Node would take them for ES modules, as the package is.
await writeFile(join(root, 'dist', 'package.json'), '{ "type": "commonjs" }\n');
await Promise.all(names.map((name) => buildProgram({ name, version, outfile: join(binaries, name) })));
