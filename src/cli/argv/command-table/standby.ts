import { type CommandSpec, connectionOptions } from '../command-spec.ts';

export const standbyCommands = [
  {
    path: ['standby', 'clone'],
    summary: 'create the data directory of a standby',
    description:
      'Copies a running node with pg_basebackup and writes the replication configuration. ' +
      'The standby is neither started nor registered.',
    uses: [
      ...connectionOptions,
      'pgdata',
      'force',
      'fast-checkpoint',
      'copy-external-config-files',
      'no-upstream-connection',
      'remote-user',
      'replication-user',
      'superuser',
      'upstream-conninfo',
      'upstream-node-id',
      'without-barman',
      'replication-conf-only',
      'verify-backup',
      'recovery-min-apply-delay',
    ],
    configFile: 'optional',
    supportsDryRun: true,
    positional: 'HOST',
    exitStatuses: {
      BAD_CONFIG: 'a prerequisite is not met, or the data directory is in use',
      BAD_RSYNC: 'a configuration file could not be copied',
      DB_CONN: 'the source cannot be reached',
      DB_QUERY: 'the metadata could not be read',
      BAD_BASEBACKUP: 'pg_basebackup or pg_verifybackup failed',
    },
    events: ['standby_clone'],
  },
  {
    path: ['standby', 'register'],
    summary: 'register a standby',
    description:
      'Records this node as a standby. Run it on the standby after it has been started. With --force an ' +
      'existing record is overwritten, and a standby that does not run can be registered if the primary is ' +
      'given with connection parameters.',
    uses: [
      ...connectionOptions,
      'force',
      'replication-user',
      'upstream-conninfo',
      'upstream-node-id',
      'wait-start',
      'wait-sync',
    ],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'a prerequisite is not met, or the node is registered already and --force was not given',
      DB_CONN: 'it cannot be told whether the local server is a standby',
      REGISTRATION_SYNC: 'the record did not reach this node within --wait-sync',
    },
    events: ['standby_register', 'standby_register_sync'],
  },
  {
    path: ['standby', 'unregister'],
    summary: 'remove the record of a standby',
    description:
      'Removes the record of a standby, this node unless --node-id or --node-name says another. ' +
      'Replication is not touched, nor is the replication slot removed.',
    uses: ['node-id', 'node-name'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'the node is no registered standby, has downstream nodes, or there is no primary',
      DB_CONN: 'the local database cannot be reached',
    },
    events: ['standby_unregister'],
  },
  {
    path: ['standby', 'promote'],
    summary: 'promote a standby to primary',
    description:
      'Promotes this standby. There must be no running primary in the cluster. With --siblings-follow the ' +
      'other standbys are made to follow it.',
    uses: ['force', 'siblings-follow', 'no-siblings-follow', 'remote-user'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'a prerequisite is not met',
      DB_CONN: 'the local database cannot be reached',
      DB_QUERY: 'promoted, but the metadata could not be written',
      PROMOTION_FAIL: 'the node is no standby, there is a primary, or the promotion did not complete',
    },
    events: ['standby_promote'],
  },
  {
    path: ['standby', 'follow'],
    summary: 'attach a running standby to the primary or another node',
    description:
      'Makes this standby stream from the primary, or from the node that --upstream-node-id names.',
    uses: [...connectionOptions, 'pgdata', 'upstream-node-id', 'wait'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'the node is no standby or not registered',
      NO_RESTART: 'PostgreSQL could not be restarted or reloaded',
      DB_CONN: 'the local database cannot be reached',
      FOLLOW_FAIL: 'the node cannot follow or did not attach in time',
    },
    events: ['standby_follow'],
  },
  {
    path: ['standby', 'switchover'],
    summary: 'promote a standby and demote the primary',
    description:
      'Stops the primary cleanly, promotes this standby and attaches the former primary to it. The other ' +
      'standbys follow the new primary unless --no-siblings-follow is given.',
    uses: [
      'always-promote',
      'force',
      'force-rewind',
      'remote-user',
      'repmgrd-force-unpause',
      'repmgrd-no-pause',
      'siblings-follow',
      'no-siblings-follow',
      'superuser',
    ],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'a prerequisite is not met',
      DB_CONN: 'a database cannot be reached',
      SWITCHOVER_FAIL: 'the switchover could not be carried out',
      SWITCHOVER_INCOMPLETE: 'the standby was promoted, but the former primary is not attached to it',
    },
    events: ['standby_promote', 'standby_switchover'],
  },
] as const satisfies readonly CommandSpec[];
