import { type CommandSpec, connectionOptions } from '../command-spec.ts';

export const clusterCommands = [
  {
    path: ['cluster', 'show'],
    summary: 'show all nodes and their state',
    description:
      'Connects to every registered node and shows its role, its state and whether it streams from its upstream.',
    uses: [...connectionOptions, 'csv', 'compact'],
    configFile: 'or connection parameters',
    supportsDryRun: false,
    exitStatuses: {
      BAD_CONFIG: 'the metadata holds no nodes or cannot be read',
      DB_CONN: 'the database that was to be asked cannot be reached',
      NODE_STATUS: 'something is not as it should be',
    },
    events: [],
  },
  {
    path: ['cluster', 'matrix'],
    summary: 'show which node can connect to which',
    description: 'Runs "repmgr cluster show" on each node over SSH and arranges the results in a matrix.',
    uses: [...connectionOptions, 'csv', 'node-id', 'remote-user'],
    configFile: 'or connection parameters',
    supportsDryRun: false,
    exitStatuses: {
      BAD_CONFIG: 'the metadata holds no nodes or cannot be read',
      BAD_SSH: 'a node cannot be reached over SSH',
      INTERNAL: "a node's answer makes no sense",
      NODE_STATUS: 'a connection failed',
    },
    events: [],
  },
  {
    path: ['cluster', 'crosscheck'],
    summary: 'show which node can connect to which, seen from every node',
    description: 'Runs "repmgr cluster matrix" on each node over SSH and merges the results.',
    uses: [...connectionOptions, 'csv', 'node-id', 'remote-user'],
    configFile: 'or connection parameters',
    supportsDryRun: false,
    exitStatuses: {
      BAD_CONFIG: 'the metadata holds no nodes or cannot be read',
      BAD_SSH: 'a node cannot be reached over SSH',
      NODE_STATUS: 'a connection failed',
    },
    events: [],
  },
  {
    path: ['cluster', 'event'],
    aliases: [['cluster', 'events']],
    summary: 'show what happened in the cluster',
    description: 'Shows the recorded events, newest first.',
    uses: ['all', 'compact', 'csv', 'event', 'limit', 'node-id', 'node-name'],
    configFile: 'always',
    supportsDryRun: false,
    exitStatuses: {
      DB_CONN: 'the local database cannot be reached',
      DB_QUERY: 'the events could not be read',
    },
    events: [],
  },
  {
    path: ['cluster', 'cleanup'],
    summary: 'delete old monitoring history',
    description: 'Deletes monitoring history older than --keep-history days, or all of it.',
    uses: ['keep-history', 'node-id'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      DB_CONN: 'the local database or the primary cannot be reached',
      DB_QUERY: 'the history could not be deleted',
    },
    events: ['cluster_cleanup'],
  },
] as const satisfies readonly CommandSpec[];
