import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface ProgramBuild {
  /** `repmgr` or `repmgrd`. */
  readonly name: string;
  readonly version: string;
  readonly outfile: string;
}

/** Bundles one program into a single executable file that needs nothing but Node. */
export async function buildProgram({ name, version, outfile }: ProgramBuild): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, '..', 'src', 'bin', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    // CommonJS: esbuild turns dynamic imports into parts of the file that run only when they are needed.
    format: 'cjs',
    // pg offers the native client only where somebody asks for it.
    external: ['pg-native'],
    banner: { js: '#!/usr/bin/env node' },
    define: { REPMGR_TS_VERSION: JSON.stringify(version) },
    legalComments: 'inline',
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
}
