import { commandTable } from '../src/cli/argv/commands.ts';
import { type ExitName, exitStatusOf } from '../src/domain/errors/exit-codes.ts';

const introduction = `<!-- Written by "npm run generate" from src/domain/errors and src/cli/argv; do not edit. -->

# Exit statuses

Numbers and names are those of repmgr 5.5, for \`repmgr\` and \`repmgrd\`. The last column names the commands that
document the status; [commands.md](commands.md) says what it means there. An interrupted \`repmgr\` (Ctrl-C) ends with 130.

| status | name | meaning | commands |
| --- | --- | --- | --- |`;

/** What each status means in general; those that nothing ends with any more are kept by their number. */
const meanings: Readonly<Record<ExitName, string>> = {
  SUCCESS: 'it worked',
  BAD_CONFIG: 'the command line, the configuration or a precondition is wrong',
  BAD_RSYNC: 'a file could not be copied from another host',
  BAD_PIDFILE: 'the PID file of repmgrd could not be written, or another repmgrd holds it',
  NO_RESTART: 'PostgreSQL could not be started, restarted or reloaded',
  LOCAL_COMMAND: 'a program run on this host failed',
  DB_CONN: 'a database could not be reached',
  DB_QUERY: 'a query failed',
  PROMOTION_FAIL: 'a promotion was refused or did not complete',
  MONITORING_TIMEOUT: 'not used',
  STR_OVERFLOW: 'not used',
  FAILOVER_FAIL: 'not used',
  BAD_SSH: 'not used yet',
  SYS_FAILURE: 'the operating system refused something',
  BAD_BASEBACKUP: 'pg_basebackup or pg_verifybackup failed',
  INTERNAL: 'an operation broke off, or a fault of the program',
  MONITORING_FAIL: 'not used',
  BAD_BACKUP_LABEL: 'not used',
  SWITCHOVER_FAIL: 'not used yet',
  BARMAN: 'not used yet',
  REGISTRATION_SYNC: 'the record of a node did not reach it in time',
  OUT_OF_MEMORY: 'not used',
  SWITCHOVER_INCOMPLETE: 'not used yet',
  FOLLOW_FAIL: 'a standby cannot follow, or did not attach in time',
  REJOIN_FAIL: 'a node cannot rejoin, or did not attach in time',
  NODE_STATUS: 'something in the cluster is not as it should be',
  REPMGRD_PAUSE: 'automatic failover could not be paused or unpaused',
  REPMGRD_SERVICE: 'repmgrd could not be started or stopped',
  PGBACKUPAPI_SERVICE: 'not used',
};

/** The reference page of the numbers that programs end with. */
export function renderExitStatuses(): string {
  const names = Object.keys(exitStatusOf) as ExitName[];
  return `${[introduction, ...names.map(renderRow)].join('\n')}\n`;
}

function renderRow(name: ExitName): string {
  const users = commandTable.filter(({ exitStatuses }) => exitStatuses[name] !== undefined);
  const commands = users.map(({ path }) => `\`${path.join(' ')}\``).join(', ');
  return `| ${exitStatusOf[name]} | \`${name}\` | ${meanings[name]} | ${commands} |`;
}
