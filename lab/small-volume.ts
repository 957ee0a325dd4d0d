import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterNode } from './cluster-node.ts';
import type { TemporaryFolder } from './temporary-folder.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

const chunk = Buffer.alloc(1024 * 1024, 1);

/** A volume of its own for a node's WAL, small enough to be filled. Needs root. */
export class SmallVolume {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Moves pg_wal of a stopped server to a new volume. It goes with the folder. */
  static async forWalOf(node: ClusterNode, folder: TemporaryFolder, sizeMb: number): Promise<SmallVolume> {
    const volume = new SmallVolume(join(node.machine.folder, 'wal'));
    const { uid, gid } = unprivilegedUser();
    mkdirSync(volume.path);
    const options = `size=${sizeMb}m,uid=${uid},gid=${gid},mode=700`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', volume.path]);
    folder.owns('mount', volume.path);
    const pgWal = join(node.postgres.dataDirectory, 'pg_wal');
    for (const name of readdirSync(pgWal)) {
      await cp(join(pgWal, name), join(volume.path, name), { recursive: true });
    }
    execFileSync('chown', ['-R', `${uid}:${gid}`, volume.path]);
    renameSync(pgWal, `${pgWal}.before`);
    rmSync(`${pgWal}.before`, { recursive: true });
    symlinkSync(volume.path, pgWal);
    return volume;
  }

  /** Until there is no room for a byte. */
  fill(): void {
    const file = openSync(join(this.path, 'ballast'), 'a');
    try {
      for (;;) writeSync(file, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  makeRoom(): void {
    rmSync(join(this.path, 'ballast'), { force: true });
  }
}
