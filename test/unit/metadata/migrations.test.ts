import { describe, expect, it } from 'vitest';
import { migrations, newestMigration } from '../../../src/metadata/migrations.ts';

describe('migrations', () => {
  it('are numbered without gaps from 1', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
    expect(newestMigration).toBe(migrations.length);
  });

  it('leave the tables of the original extension alone', () => {
    const theirs = /repmgr\.(nodes|events|monitoring_history|voting_term|show_nodes|replication_status)\b/;
    for (const { statements } of migrations) expect(statements.join('\n')).not.toMatch(theirs);
  });
});
