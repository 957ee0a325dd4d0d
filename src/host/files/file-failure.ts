import { OperationFailed } from '../../domain/errors/repmgr-error.ts';

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'free space on this file system',
  EDQUOT: 'raise the quota of this user or free space',
  EROFS: 'the file system is mounted read-only: check the kernel log for storage errors',
  EIO: 'the storage reports errors: check the kernel log before anything else',
  EACCES: 'run the command as the owner of the data directory and check the permissions of this path',
  EPERM: 'run the command as the owner of the data directory',
  EBUSY: 'something is mounted there: name a folder inside of the mount point instead',
  EXDEV: 'source and destination are on different file systems: choose a destination on the same one',
  ENOTDIR: 'a part of this path is a file: check the configured directory',
};

/** Errors of the operating system that are an answer, not a failure. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code !== undefined && codes.includes(code);
}

/** Names the file and what to do; `what` completes "unable to …". */
export function fileFailure(what: string, path: string, cause: unknown): OperationFailed {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OperationFailed(`unable to ${what} "${path}": ${reason}`, {
    exit: 'SYS_FAILURE',
    hint: hints[code] ?? 'check that the path exists and belongs to the user who runs this command',
    facts: { file: path, errorCode: code },
    cause,
  });
}
