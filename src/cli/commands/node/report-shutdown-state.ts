import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { RepmgrError } from '../../../domain/errors/repmgr-error.ts';
import { formatLsn, zeroLsn } from '../../../domain/lsn.ts';
import type { PingResult } from '../../../ports/connection.ts';
import type { ControlData } from '../../../ports/local-server.ts';
import type { CommandContext } from '../../command.ts';

export type ShutdownState = 'UNKNOWN' | 'UP' | 'SHUTTING_DOWN' | 'UNCLEAN_SHUTDOWN' | 'SHUTDOWN';

/** `node status --is-shutdown-cleanly`: one line for other programs, and success in any case. */
export async function reportShutdownState({
  adapters,
  settings,
  options,
  out,
  signal,
  log,
}: CommandContext): Promise<ExitName> {
  const server = adapters.localServer(settings.settings);
  let control: ControlData | undefined;
  try {
    if ((await server.majorVersion()) !== undefined) control = await server.controlData();
  } catch (error) {
    if (!(error instanceof RepmgrError)) throw error;
    log.warning('the control file could not be read', { detail: error.message });
  }
  const ping = await adapters.connections.ping(settings.settings.conninfo, { signal });
  const state = judgeShutdown(control, ping);
  const lsn = state === 'SHUTDOWN' && control !== undefined ? formatLsn(control.checkpointLsn) : undefined;
  if (options.json) out.json({ state, lastCheckpointLsn: lsn ?? null });
  else out.line(`--state=${state}${lsn === undefined ? '' : ` --last-checkpoint-lsn=${lsn}`}`);
  return 'SUCCESS';
}

/** Joins what the control file says with whether anybody answers. */
function judgeShutdown(control: ControlData | undefined, ping: PingResult): ShutdownState {
  if (control === undefined || control.checkpointLsn === zeroLsn) return 'UNKNOWN';
  if (ping === 'ok' || ping === 'reject') return control.state === 'shutting down' ? 'SHUTTING_DOWN' : 'UP';
  const isClean = control.state === 'shut down' || control.state === 'shut down in recovery';
  return isClean ? 'SHUTDOWN' : 'UNCLEAN_SHUTDOWN';
}
