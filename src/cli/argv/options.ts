import {
  flag,
  integer,
  integerWithDefault,
  type OptionSpec,
  type OptionValue,
  optionalInteger,
  optionalText,
  text,
  textWithDefault,
} from './option-types.ts';

/** Every option of `repmgr`; help, completion, parsing and warnings come from here. */
const optionTable = {
  help: flag('Show help for the program or for the given command.', { short: '?', general: true }),
  version: flag('Show the version.', { short: 'V', general: true }),
  'version-number': flag('Show the version as a number.', { general: true }),
  'config-file': text('PATH', 'Path of repmgr.conf.', { short: 'f', general: true }),
  'dry-run': flag('Show what would be done and check whether it can be done, but change nothing.', {
    general: true,
  }),
  force: flag('Carry on although a check advises against it; each command says which.', { short: 'F' }),
  pg_bindir: text('DIRECTORY', "Directory of PostgreSQL's programs.", { short: 'b', general: true }),
  wait: optionalInteger('SECONDS', 'Wait until done, for at most so many seconds.', {
    short: 'w',
    minimum: 0,
  }),
  'no-wait': flag('Do not wait until done.', { short: 'W' }),
  compact: flag('Narrower table, with fewer columns.'),
  detail: flag('Wider table, with more columns.'),
  'dump-config': flag('Show every setting as it was read, then exit.', { hidden: true, general: true }),

  dbname: text('DBNAME', 'Database to connect to, or a whole conninfo string or URI.', { short: 'd' }),
  host: text('HOST', 'Host of the server, or directory of its socket.', { short: 'h' }),
  port: integer('PORT', 'Port of the server.', { short: 'p', minimum: 1 }),
  username: text('ROLE', 'Database role to connect as.', { short: 'U' }),

  'remote-user': text('USER', 'Operating system user for SSH.', { short: 'R' }),
  superuser: text('ROLE', 'Superuser for what the repmgr role is not allowed to do.', { short: 'S' }),
  pgdata: text('DIRECTORY', 'Data directory of the node.', { short: 'D' }),
  'node-id': integer('ID', 'The node, by its ID.', { minimum: 1 }),
  'node-name': text('NAME', 'The node, by its name.'),
  'remote-node-id': integer('ID', 'ID of the other node.', { minimum: 1, hidden: true }),

  'log-level': text('LEVEL', 'DEBUG, INFO, NOTICE, WARNING, ERROR, ALERT, CRIT or EMERG.', {
    short: 'L',
    general: true,
  }),
  'log-to-file': flag('Write messages where the configuration sends the messages of repmgrd.', {
    general: true,
  }),
  quiet: flag('Show errors only.', { short: 'q', general: true }),
  terse: flag('Leave out details, hints and warnings about the configuration.', {
    short: 't',
    general: true,
  }),
  verbose: flag('Show more messages.', { short: 'v', general: true }),

  csv: flag('Output as comma-separated values.'),
  json: flag('Output as JSON.', { general: true }),
  nagios: flag('Output for Nagios and its relatives.'),
  optformat: flag('Output in the form of options, for other programs.', { hidden: true }),

  'copy-external-config-files': optionalText(
    'samepath|pgdata',
    'Copy configuration files that lie outside of the data directory (default: samepath).',
  ),
  'fast-checkpoint': flag('Force a checkpoint on the source instead of waiting for one.', { short: 'c' }),
  'no-upstream-connection': flag('With Barman: do not connect to the upstream node.'),
  'replication-user': text('ROLE', 'Role for replication connections.'),
  'upstream-conninfo': text('CONNINFO', 'Connection of the upstream node.'),
  'upstream-node-id': integer('ID', 'ID of the upstream node.', { minimum: 1 }),
  'without-barman': flag('Do not use Barman even though it is configured.'),
  'replication-conf-only': flag('Only write the replication configuration of an existing clone.', {
    aliases: ['recovery-conf-only'],
  }),
  'verify-backup': flag('Verify the clone with pg_verifybackup.'),
  'recovery-min-apply-delay': text('DELAY', 'Replay WAL only after this time has passed.'),

  'wait-start': integerWithDefault('SECONDS', 'How long to wait for the local server to start.', {
    minimum: 0,
    default: 30,
  }),
  'wait-sync': optionalInteger('SECONDS', 'Wait until the new record has reached this node.', {
    minimum: 0,
  }),

  'always-promote': flag('Promote even if the standby may lack WAL.'),
  'force-rewind': optionalText('PATH', 'Use pg_rewind where the node has diverged.'),
  'siblings-follow': flag('Make the other standbys follow the new primary.'),
  'no-siblings-follow': flag('Leave the other standbys as they are.'),
  'repmgrd-no-pause': flag('Do not pause automatic failover meanwhile.'),
  'repmgrd-force-unpause': flag('Unpause automatic failover afterwards, whatever it was before.'),

  'is-shutdown-cleanly': flag('Report whether the server was shut down cleanly.', { hidden: true }),
  'archive-ready': flag('Check the number of WAL files that wait to be archived.'),
  downstream: flag('Check that the downstream nodes are attached.'),
  upstream: flag('Check that the node is attached to its upstream.'),
  'replication-lag': flag('Check the replication lag.'),
  role: flag('Check that the node runs in its registered role.'),
  slots: flag('Check for inactive replication slots.'),
  'missing-slots': flag('Check for missing replication slots.'),
  repmgrd: flag('Check that repmgrd runs and is not paused.'),
  'has-passfile': flag('Report whether passfile can be used in a conninfo.', { hidden: true }),
  'replication-connection': flag('Check the replication connection to the other node.', { hidden: true }),
  'data-directory-config': flag('Check that data_directory is the directory in use.'),
  'replication-config-owner': flag('Check the owner of the replication configuration.', { hidden: true }),
  'db-connection': flag('Check the connection to the database.', { hidden: true }),

  'config-files': text('FILES', 'Comma-separated files to keep over a rewind.'),
  'config-archive-dir': textWithDefault('DIRECTORY', 'Where files are kept during a rewind.', {
    default: '/tmp',
  }),

  action: text('ACTION', 'One of start, stop, restart, reload or promote.'),
  'list-actions': flag('Show the command of each action.'),
  checkpoint: flag('Issue a CHECKPOINT before stopping or restarting.'),

  all: flag('Show all events.'),
  event: text('NAME', 'Only events of this name.'),
  limit: integerWithDefault('NUMBER', 'Show so many events.', { minimum: 1, default: 20 }),
  at: text('TIME', 'Tell what happened around this time: 14:02, "10 min ago", or a date with a time.'),
  down: text('NODE[,NODE...]', 'The nodes that are thought to be lost, by their names or IDs.'),
  'keep-history': integerWithDefault('DAYS', 'Keep monitoring history of so many days.', {
    short: 'k',
    minimum: 0,
    default: 0,
  }),

  'disable-wal-receiver': flag('Stop the WAL receiver.', { hidden: true }),
  'enable-wal-receiver': flag('Let the WAL receiver run again.', { hidden: true }),
  'check-upstream-config': flag('No longer used.', {
    hidden: true,
    general: true,
    deprecated: 'use --dry-run',
  }),
  'remote-config-file': text('PATH', 'No longer used.', {
    short: 'C',
    hidden: true,
    general: true,
    deprecated: 'the registered configuration file of the other node is used',
  }),
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionTable;

/** The options of one call, each with its default where it wasn't given. */
export type ParsedOptions = {
  readonly [Name in OptionName]: OptionValue<(typeof optionTable)[Name]>;
};

export const optionNames = Object.keys(optionTable) as OptionName[];

/** The entry of an option, with all that entries may have. */
export function optionSpec(name: OptionName): OptionSpec {
  return optionTable[name];
}
