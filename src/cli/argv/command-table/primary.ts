import type { CommandSpec } from '../command-spec.ts';

export const primaryCommands = [
  {
    path: ['primary', 'register'],
    aliases: [['master', 'register']],
    summary: 'register the primary of a cluster',
    description:
      'Creates the schema "repmgr" where it does not exist yet and records this node as the primary. ' +
      'Run it on the primary. With --force an existing record of this node is overwritten; ' +
      '--superuser names the role that creates the schema if the repmgr role may not.',
    uses: ['force', 'superuser', 'replication-user'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'a prerequisite is not met, or the node is registered already and --force was not given',
      DB_CONN: 'the local database cannot be reached',
      DB_QUERY: 'the record could not be written',
    },
    events: ['cluster_created', 'primary_register'],
  },
  {
    path: ['primary', 'unregister'],
    aliases: [['master', 'unregister']],
    summary: 'remove the record of a primary that is gone',
    description:
      'Removes the record of a primary. Run it on any node of the cluster. Without --node-id the ' +
      'primary in the metadata is meant. --force is needed for a node that runs or is recorded as active.',
    uses: ['force', 'node-id'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'the node may not be unregistered: it runs, is active, or other nodes depend on it',
      DB_CONN: 'no primary can be reached',
      DB_QUERY: 'the record could not be removed',
    },
    events: ['primary_unregister'],
  },
] as const satisfies readonly CommandSpec[];
