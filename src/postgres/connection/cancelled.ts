import { Cancelled } from '../../domain/errors/repmgr-error.ts';

/** An attempt that ended because its signal aborted. */
export function cancelled(signal: AbortSignal): Cancelled {
  return new Cancelled('connecting was cancelled', {
    cause: signal.reason,
    hint: 'repeat the command when it was not cancelled on purpose',
  });
}
