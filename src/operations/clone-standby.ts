import {
  type BasebackupRequest,
  basebackupArguments,
  basebackupPassword,
} from '../decisions/clone/basebackup-arguments.ts';
import type { ExitName } from '../domain/errors/exit-codes.ts';
import { Cancelled, LocalCommandFailed, OperationFailed } from '../domain/errors/repmgr-error.ts';
import type { BackupOutcome, BackupProgress } from '../ports/backup-source.ts';
import type { ReplicationConfiguration } from '../ports/local-server.ts';
import type { CloneSlot } from './clone-slot.ts';
import type { GuardedDirectories } from './guard-directories.ts';
import { type CopyJournal, noteDirectory, noteSlot } from './journal/copy-journal.ts';
import type { OperationContext } from './operation-context.ts';
import { type ClonePlace, restrictMode } from './place-clone.ts';
import { programPath } from './program-path.ts';
import type { PlanStep } from './run-plan.ts';
import { type ReplicationSource, writeReplicationConfiguration } from './write-replication-configuration.ts';

export interface CloneRequest {
  readonly place: ClonePlace;
  /** Where the data directory will be in the end. */
  readonly target: string;
  /** Null when no slot is used. */
  readonly slot: CloneSlot | null;
  readonly guarded: GuardedDirectories;
  readonly basebackup: Omit<BasebackupRequest, 'targetDirectory'>;
  readonly verify: boolean;
  readonly replication: ReplicationSource;
  /** Copies configuration files into the finished copy. */
  readonly addFiles?: (directory: string) => Promise<void>;
  readonly onProgress?: (progress: BackupProgress) => void;
}

/**
 * The steps of a clone up to a finished copy in its work directory; run them with {@link runPlan}. A dry run has
 * no journal.
 */
export function cloneSteps(
  context: OperationContext,
  request: CloneRequest,
  journal?: CopyJournal,
): readonly PlanStep[] {
  const { place, slot, basebackup, verify, addFiles } = request;
  const args = basebackupArguments({ ...basebackup, targetDirectory: place.workDirectory });
  const steps: (PlanStep | null)[] = [
    {
      title: `prepare the directory "${place.workDirectory}"`,
      async action() {
        await place.prepare();
        await noteDirectory(context, journal);
      },
    },
    slot && {
      title: `create replication slot "${basebackup.slotName}"`,
      action: () => slot.create((made) => noteSlot(journal, made)),
    },
    {
      title: `run: ${commandText(programPath(context.settings.settings, 'pg_basebackup'), args)}`,
      action: () => runBasebackup(context, { args, request }),
    },
    verify
      ? {
          title: `verify the copy with ${programPath(context.settings.settings, 'pg_verifybackup')}`,
          action: () => runVerify(context, place.workDirectory),
        }
      : null,
    addFiles ? { title: 'copy configuration files', action: () => addFiles(place.workDirectory) } : null,
    {
      title: 'write the replication configuration and standby.signal',
      action: async () => void (await configure(context, request)),
    },
    slot && {
      title: 'make sure that the slot is on the upstream',
      action: () => slot.moveToUpstream((made) => noteSlot(journal, made)),
    },
    journal === undefined
      ? null
      : { title: 'note that the copy is complete', action: () => journal.record({ stage: 'copied' }) },
  ];
  return steps.filter((step) => step !== null);
}

/** Takes back what an unfinished clone made: copy, slot, tablespace folders. Throws only when it can't be noted. */
export async function abandonClone(
  context: OperationContext,
  request: CloneRequest,
  journal?: CopyJournal,
): Promise<void> {
  let isComplete = true;
  const undo: readonly [string, () => Promise<void>][] = [
    ['replication slot', async () => request.slot?.release()],
    ['data directory', () => request.place.abandon()],
    ['tablespaces', () => request.guarded.clear()],
  ];
  for (const [what, work] of undo) {
    try {
      await work();
    } catch (error) {
      isComplete = false;
      context.log.warning(`what the unfinished clone made could not be removed (${what})`, {
        detail: error instanceof Error ? error.message : String(error),
      });
    }
  }
  if (isComplete) await journal?.close();
}

async function runBasebackup(
  { adapters, settings, signal }: OperationContext,
  { args, request }: { readonly args: readonly string[]; readonly request: CloneRequest },
): Promise<void> {
  const { onProgress, basebackup } = request;
  const password = basebackupPassword({ ...basebackup, targetDirectory: request.target });
  const outcome = await adapters.backup
    .basebackup({
      binDirectory: settings.settings.pg_bindir,
      args,
      signal,
      ...(password === undefined ? {} : { password }),
      ...(onProgress === undefined ? {} : { onProgress }),
    })
    .catch(notStarted('BAD_BASEBACKUP'));
  throwUnlessCompleted(outcome, 'pg_basebackup');
}

async function runVerify({ adapters, settings, signal }: OperationContext, directory: string): Promise<void> {
  const binDirectory = settings.settings.pg_bindir;
  const outcome = await adapters.backup
    .verify({ binDirectory, directory, signal })
    .catch(notStarted('BAD_CONFIG'));
  throwUnlessCompleted(outcome, 'pg_verifybackup');
}

/** A program that is not there: what a script is to find in the exit status depends on the program. */
function notStarted(exit: ExitName): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof LocalCommandFailed)) throw error;
    const { message, hint, facts } = error;
    throw new OperationFailed(message, {
      exit,
      cause: error,
      ...(hint === undefined ? {} : { hint }),
      ...(facts === undefined ? {} : { facts }),
    });
  };
}

function throwUnlessCompleted(outcome: BackupOutcome, program: string): void {
  if (outcome.kind === 'completed') return;
  if (outcome.kind === 'cancelled') throw new Cancelled('the clone was cancelled; nothing of it is left');
  const { exitStatus, signalName } = outcome;
  const how =
    exitStatus === null ? `was ended by ${signalName ?? 'a signal'}` : `failed with status ${exitStatus}`;
  throw new OperationFailed(`${program} ${how}`, {
    exit: 'BAD_BASEBACKUP',
    detail: outcome.output,
    hint: 'what was copied has been removed again; solve the problem and repeat the clone',
  });
}

async function configure(
  { adapters, settings }: OperationContext,
  { place, replication }: CloneRequest,
): Promise<ReplicationConfiguration> {
  const directory = place.workDirectory;
  await restrictMode(adapters.files, directory);
  const localServer = adapters.localServer({ ...settings.settings, data_directory: directory });
  return writeReplicationConfiguration(settings.settings, localServer, replication);
}

/** A command line as one would type it. */
export function commandText(program: string, args: readonly string[]): string {
  return [program, ...args].map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  return /[$`"\\!]/.test(word) ? `'${word.replaceAll("'", String.raw`'\''`)}'` : `"${word}"`;
}
