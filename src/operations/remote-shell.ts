import type { CommandResult } from '../ports/command-runner.ts';
import type { OperationContext } from './operation-context.ts';

export interface RemoteHost {
  readonly host: string;
  /** `-R/--remote-user`; undefined leaves it to ssh. */
  readonly user?: string | undefined;
}

type ShellContext = Pick<OperationContext, 'adapters' | 'settings' | 'signal'>;

/**
 * Runs a command line in the login shell of another host, over ssh with `ssh_options`.
 * A failure of ssh is exit status 255. @throws LocalCommandFailed when ssh itself can't be started.
 */
export async function runOverSsh(
  { adapters, settings, signal }: ShellContext,
  remote: RemoteHost,
  call: { readonly command: string; readonly timeoutMs: number },
): Promise<CommandResult> {
  const place = remote.user === undefined ? remote.host : `${remote.user}@${remote.host}`;
  return adapters.runner.run({
    // ssh_options is text for a shell, as its quoting rules are documented.
    command: `ssh -o Batchmode=yes ${settings.settings.ssh_options} ${shellQuote(place)} ${shellQuote(call.command)}`,
    shell: true,
    timeoutMs: call.timeoutMs,
    signal,
  });
}

/** Undefined when the host answers over SSH, else why not. */
export async function sshProblem(context: ShellContext, remote: RemoteHost): Promise<string | undefined> {
  if (remote.host === '') return 'its conninfo names no host';
  const result = await runOverSsh(context, remote, { command: 'true', timeoutMs: 60_000 });
  if (result.exitStatus === 0) return undefined;
  const reason = result.stderr.trim() || `ssh ended with status ${result.exitStatus ?? result.signalName}`;
  return `"${remote.host}" can't be reached over SSH: ${reason}`;
}

/** Quotes a word for a POSIX shell. */
export function shellQuote(word: string): string {
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
