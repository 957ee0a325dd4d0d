import { type CommandSpec, connectionOptions } from '../command-spec.ts';

export const witnessCommands = [
  {
    path: ['witness', 'register'],
    summary: 'register a witness',
    description:
      'Records this node as a witness of the cluster whose primary is given with --host. ' +
      'With --force an existing record is overwritten.',
    uses: [...connectionOptions, 'force', 'superuser'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: { BAD_CONFIG: 'a prerequisite is not met or the record could not be written' },
    events: ['witness_register'],
  },
  {
    path: ['witness', 'unregister'],
    summary: 'remove the record of a witness',
    description:
      'Removes the record of a witness, this node unless --node-id says another. With --force it can be ' +
      'removed while it does not run, if the primary is given with connection parameters.',
    uses: [...connectionOptions, 'force', 'node-id'],
    configFile: 'always',
    supportsDryRun: true,
    exitStatuses: { BAD_CONFIG: 'the node is no registered witness, or the primary cannot be reached' },
    events: ['witness_unregister'],
  },
] as const satisfies readonly CommandSpec[];
