export interface Migration {
  readonly version: number;
  readonly description: string;
  readonly statements: readonly string[];
}

/** Where the applied migrations are recorded; made before the first of them. */
export const migrationsTableStatement = `CREATE TABLE IF NOT EXISTS repmgr.schema_migrations (
    version     integer     PRIMARY KEY,
    description text        NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
  )`;

/**
 * Our own tables beside those of repmgr 5.5, in numbered steps. Steps that have been released never change;
 * later needs get a number of their own. None touches a table that belongs to the original extension, and none
 * refers to one with a foreign key, so that the extension can still be dropped or upgraded.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    description: 'where the daemon of each node listens',
    statements: [
      `CREATE TABLE repmgr.daemons (
        node_id     integer     PRIMARY KEY,
        host        text        NOT NULL,
        port        integer     NOT NULL CHECK (port BETWEEN 1 AND 65535),
        incarnation text        NOT NULL,
        updated_at  timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
      )`,
    ],
  },
  {
    version: 2,
    description: 'the key that signs requests between daemons',
    statements: [
      `CREATE TABLE repmgr.cluster_key (
        only_row   boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
        key        text        NOT NULL CHECK (key ~ '^[0-9a-f]{64}$'),
        created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
      )`,
      'REVOKE ALL ON repmgr.cluster_key FROM PUBLIC',
    ],
  },
];

export const newestMigration = Math.max(...migrations.map((migration) => migration.version));
