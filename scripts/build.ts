import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const binaries = join(root, 'dist', 'bin');
const programs = ['repmgr', 'repmgrd'].filter((name) => existsSync(join(root, 'src', 'bin', `${name}.ts`)));

interface PackageFile {
  readonly version: string;
}

const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as PackageFile;

await rm(join(root, 'dist'), { recursive: true, force: true });
await mkdir(binaries, { recursive: true });
// The executables have no extension: without this file Node would take them for ES modules, as the package is.
await writeFile(join(root, 'dist', 'package.json'), '{ "type": "commonjs" }\n');
await Promise.all(programs.map(buildProgram));

/** Bundles one program into a single executable file that needs nothing but Node. */
async function buildProgram(name: string): Promise<void> {
  const outfile = join(binaries, name);
  await build({
    entryPoints: [join(root, 'src', 'bin', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    // CommonJS: esbuild turns dynamic imports into parts of the file that run only when they are needed.
    format: 'cjs',
    // pg offers the native client only where somebody asks for it.
    external: ['pg-native'],
    banner: { js: '#!/usr/bin/env node' },
    define: { 'process.env.REPMGR_TS_VERSION': JSON.stringify(version) },
    legalComments: 'inline',
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
}
