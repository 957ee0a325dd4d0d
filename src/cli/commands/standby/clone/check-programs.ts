import { type CheckResult, failed, passed } from '../../../../decisions/clone/check-result.ts';
import { LocalCommandFailed } from '../../../../domain/errors/repmgr-error.ts';
import { programPath } from '../../../../operations/program-path.ts';
import type { CommandContext } from '../../../command.ts';

const versionTimeoutMs = 10_000;

/** Whether the programs that the clone will run are there. */
export async function checkPrograms(context: CommandContext): Promise<readonly CheckResult[]> {
  const names = context.options['verify-backup'] ? ['pg_basebackup', 'pg_verifybackup'] : ['pg_basebackup'];
  return Promise.all(names.map((name) => checkProgram(context, name)));
}

async function checkProgram(
  { adapters, settings, signal }: CommandContext,
  name: string,
): Promise<CheckResult> {
  const command = programPath(settings.settings, name);
  try {
    const result = await adapters.runner.run({
      command,
      args: ['--version'],
      timeoutMs: versionTimeoutMs,
      signal,
    });
    if (result.exitStatus === 0) return passed(name, result.stdout.trim());
    return failed(name, `"${command} --version" failed: ${result.stderr.trim()}`);
  } catch (error) {
    if (!(error instanceof LocalCommandFailed)) throw error;
    return failed(name, error.message, error.hint);
  }
}
