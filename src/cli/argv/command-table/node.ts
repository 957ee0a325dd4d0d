import { type CommandSpec, connectionOptions } from '../command-spec.ts';

export const nodeCommands = [
  {
    path: ['node', 'status'],
    aliases: [
      ['primary', 'status'],
      ['master', 'status'],
      ['standby', 'status'],
    ],
    summary: 'show the state of this node',
    description: 'Shows what is known of the local node: role, archiving, replication, slots and lag.',
    uses: ['csv', 'is-shutdown-cleanly'],
    configFile: 'always',
    supportsDryRun: false,
    exitStatuses: {
      BAD_CONFIG: 'this node is not registered',
      DB_CONN: 'the local database cannot be reached',
      NODE_STATUS: 'something is not as it should be',
    },
    events: [],
  },
  {
    path: ['node', 'check'],
    aliases: [
      ['primary', 'check'],
      ['master', 'check'],
      ['standby', 'check'],
    ],
    summary: 'check this node',
    description:
      'Checks the local node: all of it, or what the given option names. With one option the exit status is ' +
      'that of Nagios plugins: 0 OK, 1 warning, 2 critical, 3 unknown.',
    uses: [
      'csv',
      'nagios',
      'optformat',
      'superuser',
      'remote-node-id',
      'archive-ready',
      'downstream',
      'upstream',
      'replication-lag',
      'role',
      'slots',
      'missing-slots',
      'repmgrd',
      'has-passfile',
      'replication-connection',
      'data-directory-config',
      'replication-config-owner',
      'db-connection',
    ],
    configFile: 'always',
    configFileUnless: 'has-passfile',
    supportsDryRun: false,
    exitStatuses: {
      BAD_CONFIG: 'the options do not go together, or this node is not registered',
      DB_CONN: 'the local database cannot be reached',
      NODE_STATUS: 'a check was not OK',
    },
    events: [],
  },
  {
    path: ['node', 'rejoin'],
    summary: 'bring a stopped node back into the cluster',
    description:
      'Attaches a node that does not run to the cluster again, usually a former primary. The connection ' +
      'parameters name any running node. --force-rewind allows pg_rewind where the node has diverged.',
    uses: [...connectionOptions, 'force-rewind', 'config-files', 'config-archive-dir', 'no-wait'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'a prerequisite is not met',
      NO_RESTART: 'PostgreSQL could not be started',
      DB_CONN: 'the given node cannot be reached',
      REJOIN_FAIL: 'the node cannot rejoin or did not attach in time',
    },
    events: ['node_rejoin'],
  },
  {
    path: ['node', 'guard'],
    summary: 'decide how PostgreSQL of this node may start, before it does',
    description:
      'To be run before PostgreSQL starts, wherever it is started (ExecStartPre of its systemd unit). Unless this ' +
      'node holds a lease that a majority acknowledges now, standby.signal is written, so that PostgreSQL starts ' +
      'in recovery and repmgrd opens it once it is elected: a primary that returns never accepts a write by ' +
      'itself. Works when repmgrd does not run. A node that is in no voting cluster yet, or the only voter of its ' +
      'cluster, starts as it is. --wait bounds the time (default 2 s).',
    uses: ['wait'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'do not start: repmgr.conf or the data directory cannot be used',
      NO_RESTART: 'do not start: standby.signal is needed and cannot be written',
      REJOIN_FAIL: 'do not start: the data directory is half rewound or half exchanged',
    },
    events: [],
  },
  {
    path: ['node', 'shutdown'],
    summary: 'stop PostgreSQL of this node for good; a primary hands over first',
    description:
      'Stops the PostgreSQL of this node, and it stays down until somebody starts it. On a primary its repmgrd ' +
      'hands over to the best standby, which by then has all WAL, and the command waits until that one is ' +
      'writable (--wait, default 60 s). It refuses where nobody would take over; --force shuts down all the same.',
    uses: ['force', 'wait'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      LOCAL_COMMAND: 'PostgreSQL could not be stopped in time (shutdown_check_timeout)',
      SWITCHOVER_FAIL: 'nobody would take over, or could without loss: the node goes on as primary',
      SWITCHOVER_INCOMPLETE: 'PostgreSQL is down, and nobody has taken over in time',
    },
    events: ['repmgrd_handover'],
  },
  {
    path: ['node', 'service'],
    summary: 'start, stop, restart, reload or promote the server of this node',
    description:
      'Runs the service command of repmgr.conf for the action, or pg_ctl where none is configured. ' +
      '--list-actions shows the commands.',
    uses: ['action', 'checkpoint', 'list-actions', 'pgdata', 'superuser'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'there is no such action',
      LOCAL_COMMAND: 'the command failed',
      DB_CONN: 'the database cannot be reached for the checkpoint',
    },
    events: [],
  },
  {
    path: ['node', 'farewell'],
    summary: 'say that PostgreSQL and repmgrd of this node are gone',
    description:
      'To be run when both have been stopped (ExecStopPost of their systemd units; whichever comes last says it). If ' +
      'this node was the primary, it stores that its reign has ended, makes sure that PostgreSQL starts in recovery ' +
      'only, and tells the other nodes, who then elect another primary without waiting for the end of the lease. ' +
      'While one of the two still runs, nothing is done.',
    uses: [],
    configFile: 'always',
    supportsDryRun: false,
    exitStatuses: {
      BAD_CONFIG: 'repmgr.conf or what repmgrd has stored cannot be used',
      DB_CONN: 'this node has not stored the key of the cluster',
    },
    events: [],
    hidden: true,
  },
  {
    path: ['node', 'control'],
    summary: 'stop and start the WAL receiver of this node',
    description: 'Stops the WAL receiver of a running standby, or lets it run again.',
    uses: ['disable-wal-receiver', 'enable-wal-receiver', 'superuser'],
    configFile: 'always',
    supportsDryRun: false,
    exitStatuses: { BAD_CONFIG: 'the WAL receiver could not be stopped or started' },
    events: [],
    hidden: true,
  },
] as const satisfies readonly CommandSpec[];
