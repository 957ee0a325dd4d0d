import type { Connection } from '../ports/connection.ts';

/** Opens a connection for `work` and closes it afterwards, however `work` ends. */
export async function withConnection<T>(
  open: () => Promise<Connection>,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await open();
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
