import { type CheckResult, failed, passed } from '../../../../decisions/clone/check-result.ts';
import { UsageError } from '../../../../domain/errors/repmgr-error.ts';
import { type ExternalFiles, findExternalFiles } from '../../../../operations/external-files.ts';
import { sshProblem } from '../../../../operations/remote-shell.ts';
import type { Connection } from '../../../../ports/connection.ts';
import type { CommandContext } from '../../../command.ts';

/** Configuration files that are to be fetched from the source's host. */
export interface ExternalCopy {
  readonly files: ExternalFiles;
  readonly destination: 'samepath' | 'pgdata';
}

/** Finds the external configuration files, where they are wanted, and whether SSH can fetch them. */
export async function checkExternalFiles(
  context: CommandContext,
  connection: Connection,
): Promise<{ readonly copy: ExternalCopy | null; readonly checks: readonly CheckResult[] }> {
  const wanted = context.options['copy-external-config-files'];
  if (wanted === undefined) return { copy: null, checks: [] };
  const paths = await asPrivileged(context, connection);
  if (paths.length === 0) {
    return { copy: null, checks: [passed('configuration files', 'none outside the data directory')] };
  }
  const host = context.connectionParameters.get('host') ?? '';
  const files: ExternalFiles = { host, remoteUser: context.options['remote-user'], paths };
  const copy: ExternalCopy = { files, destination: destinationOf(wanted) };
  const problem = await sshProblem(context, { host, user: files.remoteUser });
  if (problem === undefined) return { copy, checks: [passed('SSH', `"${host}" can be reached`)] };
  const hint = 'set up passwordless SSH to the source, or leave out --copy-external-config-files';
  return { copy, checks: [failed('SSH', problem, hint)] };
}

/** Only privileged roles see where configuration files are. */
async function asPrivileged(context: CommandContext, connection: Connection): Promise<readonly string[]> {
  const { superuser } = context.options;
  if (superuser === undefined) return findExternalFiles(context, connection);
  const privileged = await context.adapters.connections.connect(connection.parameters, {
    user: superuser,
    signal: context.signal,
  });
  try {
    return await findExternalFiles(context, privileged);
  } finally {
    await privileged.close();
  }
}

function destinationOf(wanted: true | string): ExternalCopy['destination'] {
  if (wanted === true || wanted === 'samepath') return 'samepath';
  if (wanted === 'pgdata' || wanted === 'data_directory') return 'pgdata';
  throw new UsageError([`--copy-external-config-files: "${wanted}" is neither samepath nor pgdata`]);
}
