import { LocalCommandFailed } from '../domain/errors/repmgr-error.ts';
import type { OperationContext } from './operation-context.ts';

export interface ServiceCommand {
  /** Handed to the shell as it is. */
  readonly command: string;
  /** Name of the parameter in repmgr.conf. */
  readonly parameter: string;
  readonly timeoutMs: number;
}

/**
 * Runs a command of repmgr.conf.
 * @throws LocalCommandFailed with the end of its output.
 */
export async function runServiceCommand(
  { adapters, signal, log }: Pick<OperationContext, 'adapters' | 'signal' | 'log'>,
  { command, parameter, timeoutMs }: ServiceCommand,
): Promise<void> {
  log.debug(`running ${parameter}: ${command}`);
  const result = await adapters.runner.run({ command, shell: true, timeoutMs, signal });
  if (result.exitStatus === 0) return;
  const how = result.timedOut
    ? `did not end within ${timeoutMs / 1_000} s`
    : `ended with ${result.exitStatus === null ? `signal ${result.signalName}` : `status ${result.exitStatus}`}`;
  const output = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-10).join('\n');
  throw new LocalCommandFailed(`${parameter} ${how}: ${command}`, {
    ...(output === '' ? {} : { detail: output }),
    hint: `try the command by hand, and correct "${parameter}" in repmgr.conf if need be`,
  });
}
