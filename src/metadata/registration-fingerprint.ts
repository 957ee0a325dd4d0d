import type { Connection } from '../ports/connection.ts';
import { textOrNull } from './rows.ts';

/** One question instead of the several that reading it all takes, for daemons that ask again and again. */
export async function readRegistrationFingerprint(connection: Connection): Promise<string> {
  const [row] = await connection.query(
    `SELECT md5(string_agg(entry, chr(10) ORDER BY entry)) AS fingerprint
       FROM (SELECT n::text AS entry FROM repmgr.nodes n
             UNION ALL SELECT d::text FROM repmgr.daemons d
             UNION ALL SELECT k::text FROM repmgr.cluster_key k) entries`,
  );
  return row === undefined ? '' : (textOrNull(row, 'fingerprint') ?? '');
}
