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
    path: ['cluster', 'explain'],
    summary: 'say how the cluster is, and why',
    description:
      'Asks every repmgrd and says how the cluster is, what to do about it, what a failover would be like now, and how it came to this. With --at it tells what was seen, decided and not done around that time, and why. Nodes that do not answer are named; of them it tells what the recorded events know.',
    uses: ['at'],
    configFile: 'always',
    supportsDryRun: false,
    exitStatuses: {
      BAD_CONFIG: 'the time given with --at is not understood, or the cluster has no key yet',
      DB_CONN: 'neither the local database nor what repmgrd remembers names the nodes',
    },
    events: [],
  },
  {
    path: ['cluster', 'whatif'],
    summary: 'predict what would follow if nodes were lost',
    description:
      'Says for the nodes given with --down whether a majority would remain, who would be promoted and why not the others, for how long nobody could write, how much could be lost at worst, and what to do to be able to lose them. Changes nothing.',
    uses: ['down'],
    configFile: 'always',
    supportsDryRun: false,
    exitStatuses: {
      BAD_CONFIG: '--down is missing or names a node that does not exist, or the cluster has no key yet',
      DB_CONN: 'neither the local database nor what repmgrd remembers names the nodes',
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
