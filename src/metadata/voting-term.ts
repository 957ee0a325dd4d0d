import type { Connection } from '../ports/connection.ts';
import { integer } from './rows.ts';

/** Sets or inserts the single row. */
export async function setVotingTerm(connection: Connection, term: number): Promise<void> {
  await connection.query(
    `WITH updated AS (UPDATE repmgr.voting_term SET term = $1 RETURNING term)
     INSERT INTO repmgr.voting_term (term) SELECT $1 WHERE NOT EXISTS (SELECT FROM updated)`,
    [term],
  );
}

export async function readVotingTerm(connection: Connection): Promise<number | undefined> {
  const [row] = await connection.query('SELECT term FROM repmgr.voting_term');
  return row === undefined ? undefined : integer(row, 'term');
}
