import type { Connection } from '../ports/connection.ts';

/**
 * Runs `work` in one transaction and returns its result.
 * @throws whatever `work` throws, after a rollback.
 */
export async function inTransaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.query('BEGIN');
  try {
    const result = await work();
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    if (connection.isOpen()) await rollBack(connection);
    throw error;
  }
}

async function rollBack(connection: Connection): Promise<void> {
  try {
    await connection.query('ROLLBACK');
  } catch {
    // The first error is the one to report. Without its session the server rolls back by itself.
    connection.destroy();
  }
}
