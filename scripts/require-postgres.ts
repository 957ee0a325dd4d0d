import { findPostgresBinaries } from '../lab/postgres-binaries.ts';

try {
  findPostgresBinaries();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
