import { findPostgresBinaries } from '../../lab/postgres-binaries.ts';
import { freezePrograms } from '../../lab/programs.ts';

/** Fails the whole project with one line, rather than each test with many, when there is no PostgreSQL. */
export default function setup(): () => void {
  findPostgresBinaries();
  return freezePrograms();
}
