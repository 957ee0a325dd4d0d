import type { ConnectionParameters } from '../../domain/conninfo/connection-parameters.ts';
import { renderConninfo } from '../../domain/conninfo/render-conninfo.ts';
import type { BasebackupOptions } from './basebackup-options.ts';

export interface TablespaceMapping {
  readonly from: string;
  readonly to: string;
}

export interface BasebackupRequest {
  readonly targetDirectory: string;
  /** Connection string of `-d`, or null when host, port and user were given one by one. */
  readonly conninfo: ConnectionParameters | null;
  readonly host: string | null;
  readonly port: string | null;
  readonly user: string | null;
  readonly fastCheckpoint: boolean;
  readonly tablespaceMappings: readonly TablespaceMapping[];
  /** Slot to stream from; null for none. */
  readonly slotName: string | null;
  readonly options: BasebackupOptions;
}

/** The arguments of pg_basebackup, in the order in which repmgr has always shown them. */
export function basebackupArguments(request: BasebackupRequest): readonly string[] {
  const { options } = request;
  const method = options.walMethod ?? 'stream';
  const usesSlot =
    request.slotName !== null && method === 'stream' && options.slotName === null && !options.noSlot;
  return [
    '-l',
    'repmgr base backup',
    '-D',
    request.targetDirectory,
    ...connectionArguments(request),
    ...(request.fastCheckpoint ? ['-c', 'fast'] : []),
    ...request.tablespaceMappings.flatMap((mapping) => ['-T', mappingText(mapping)]),
    ...(options.walMethod === null ? ['-X', 'stream'] : []),
    ...(usesSlot ? ['-S', request.slotName] : []),
    ...options.args,
  ];
}

function connectionArguments(request: BasebackupRequest): string[] {
  const { conninfo, host, port, user } = request;
  if (conninfo !== null) {
    const parameters = new Map(conninfo);
    // Every user of the host can see the arguments of a process.
    parameters.delete('password');
    if (user !== null) parameters.set('user', user);
    return ['-d', renderConninfo(parameters)];
  }
  return [
    ...(host === null ? [] : ['-h', host]),
    ...(port === null ? [] : ['-p', port]),
    ...(user === null ? [] : ['-U', user]),
  ];
}

/** The password of the connection string, to be handed over out of sight; it belongs to the role given there. */
export function basebackupPassword({ conninfo, user }: BasebackupRequest): string | undefined {
  if (conninfo === null || (user !== null && user !== conninfo.get('user'))) return undefined;
  return conninfo.get('password');
}

/** A `=` inside a path has to be escaped with a backslash (manual, pg_basebackup, -T). */
function mappingText({ from, to }: TablespaceMapping): string {
  return `${escapeEquals(from)}=${escapeEquals(to)}`;
}

function escapeEquals(path: string): string {
  return path.replaceAll('=', String.raw`\=`);
}

/** Mappings whose old location is no tablespace of the source, as messages. */
export function tablespaceProblems(
  mappings: readonly TablespaceMapping[],
  locations: readonly string[],
): readonly string[] {
  return mappings
    .filter(({ from }) => !locations.includes(from))
    .map(
      ({ from }) =>
        `tablespace_mapping: there is no tablespace at "${from}" on the source` +
        (locations.length === 0 ? ' (it has no tablespaces)' : ` (it has: ${locations.join(', ')})`),
    );
}
