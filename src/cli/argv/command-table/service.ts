import type { CommandSpec } from '../command-spec.ts';

export const serviceCommands = [
  {
    path: ['service', 'status'],
    aliases: [['daemon', 'status']],
    summary: 'show the repmgrd of every node',
    description: 'Shows for every node whether PostgreSQL and repmgrd run and whether repmgrd is paused.',
    uses: ['compact', 'csv', 'detail'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'the metadata holds no nodes or cannot be read',
      DB_CONN: 'the local database cannot be reached',
    },
    events: [],
  },
  {
    path: ['service', 'pause'],
    aliases: [['daemon', 'pause']],
    summary: 'suspend automatic failover in the whole cluster',
    description: 'Tells the cluster to do no automatic failover until "repmgr service unpause".',
    uses: [],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      DB_CONN: 'the local database cannot be reached',
      REPMGRD_PAUSE: 'the cluster was not paused',
    },
    events: [],
  },
  {
    path: ['service', 'unpause'],
    aliases: [['daemon', 'unpause']],
    summary: 'resume automatic failover in the whole cluster',
    description: 'Ends what "repmgr service pause" began.',
    uses: [],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      DB_CONN: 'the local database cannot be reached',
      REPMGRD_PAUSE: 'the cluster was not unpaused',
    },
    events: [],
  },
  {
    path: ['daemon', 'start'],
    summary: 'start the repmgrd of this node',
    description: 'Runs repmgrd_service_start_command and waits until repmgrd answers.',
    uses: ['wait', 'no-wait'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'repmgrd_service_start_command is not set',
      DB_CONN: 'the local database cannot be reached',
      REPMGRD_SERVICE: 'repmgrd runs already, or did not start in time',
    },
    events: [],
  },
  {
    path: ['daemon', 'stop'],
    summary: 'stop the repmgrd of this node',
    description: 'Runs repmgrd_service_stop_command and waits until repmgrd is gone.',
    uses: ['wait', 'no-wait'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: {
      BAD_CONFIG: 'repmgrd_service_stop_command is not set',
      REPMGRD_SERVICE: 'repmgrd does not run, or did not stop in time',
    },
    events: [],
  },
] as const satisfies readonly CommandSpec[];
