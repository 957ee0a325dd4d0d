import type { RejoinEvidence } from '../decisions/rejoin/choose-rejoin-method.ts';
import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import type { LocalServer } from '../ports/local-server.ts';
import type { ConnectedNode } from './follow-upstream.ts';
import { observeStoppedServer, observeUpstream } from './observe-positions.ts';
import type { OperationContext } from './operation-context.ts';
import { isHalfRewound } from './rewind-marker.ts';

export interface RejoinInquiry {
  readonly primary: ConnectedNode;
  readonly localServer: LocalServer;
  readonly allowed: RejoinEvidence['allowed'];
  readonly reigns?: RejoinEvidence['reigns'];
}

/** Collects what {@link chooseRejoinMethod} judges by. The local server must be stopped. */
export async function gatherRejoinEvidence(
  context: OperationContext,
  inquiry: RejoinInquiry,
): Promise<RejoinEvidence> {
  const { primary, localServer, allowed, reigns } = inquiry;
  // The own position first: the primary's moves on meanwhile, and must never be read as the older of the two.
  const local = await observeStoppedServer(context, localServer);
  const [control, majorVersion, halfRewound, upstream, settings, room] = await Promise.all([
    localServer.controlData(),
    localServer.majorVersion(),
    isHalfRewound(context),
    observeUpstream(context, primary, 'REJOIN_FAIL'),
    context.adapters.inspector.settings(primary.connection, ['full_page_writes']),
    allowed.reclone ? roomBeside(context, localServer.dataDirectory) : null,
  ]);
  if (majorVersion === undefined) throw notADataDirectory(localServer);
  const fullPageWrites = settings.get('full_page_writes') ?? null;
  return {
    local: {
      ...local,
      majorVersion,
      isCleanlyShutDown: control.state === 'shut down' || control.state === 'shut down in recovery',
      isHalfRewound: halfRewound,
      dataChecksums: control.dataChecksums,
      walLogHints: control.walLogHints,
    },
    primary: {
      ...upstream,
      majorVersion: Math.trunc(primary.connection.serverVersionNum / 10_000),
      fullPageWrites: fullPageWrites === null ? null : fullPageWrites === 'on',
    },
    allowed,
    room,
    ...(reigns === undefined ? {} : { reigns }),
  };
}

/** The copy will be about as large as what is there now. */
async function roomBeside(
  { adapters }: OperationContext,
  dataDirectory: string,
): Promise<{ neededBytes: bigint; freeBytes: bigint }> {
  const [occupied, free] = await Promise.all([
    adapters.files.occupiedBytes(dataDirectory),
    adapters.files.freeBytes(`${dataDirectory}/..`),
  ]);
  return { neededBytes: BigInt(Math.ceil(occupied)), freeBytes: BigInt(Math.floor(free)) };
}

function notADataDirectory({ dataDirectory }: LocalServer): ConfigurationError {
  return new ConfigurationError(`"${dataDirectory}" is not the data directory of a PostgreSQL server`, {
    hint: 'check data_directory in repmgr.conf',
  });
}
