import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSeedProgram } from '../seed-pool.ts';
import type { ProtocolFault, SourceEdit } from './protocol-fault.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** All that the simulation is made of. */
const copied = ['src/decisions', 'src/domain', 'test/simulation/world', 'test/simulation/programs'];

/** Sources with one fault, outside of the tree, bundled; `remove` it when done. */
export interface FaultyTree {
  readonly program: string;
  remove(): void;
}

export async function buildFaultyTree(fault: ProtocolFault): Promise<FaultyTree> {
  const folder = mkdtempSync(join(tmpdir(), 'repmgr-faulty-protocol-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    for (const path of copied) cpSync(join(root, path), join(folder, path), { recursive: true });
    for (const edit of fault.edits) applyEdit(folder, fault.name, edit);
    const program = join(folder, 'run-seeds.mjs');
    await buildSeedProgram(folder, program);
    return { program, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Also used to see at once whether every fault still fits the sources. */
export function editSource(source: string, name: string, { file, text, replacement }: SourceEdit): string {
  const pieces = source.split(text);
  const count = pieces.length - 1;
  if (count !== 1)
    throw new Error(
      `fault "${name}": this text stands ${count} times in ${file}, not once; bring the fault up to date:\n${text}`,
    );
  return pieces.join(replacement);
}

function applyEdit(folder: string, name: string, edit: SourceEdit): void {
  const path = join(folder, edit.file);
  writeFileSync(path, editSource(readFileSync(path, 'utf8'), name, edit));
}
