/** What pg_waldump shows of a stretch of WAL. */
export interface WalSummary {
  readonly records: number;
  readonly commits: readonly CommittedTransaction[];
  /** Transactions committed, also those past the first {@link listedCommits}, which are listed. */
  readonly commitCount: number;
  /** Records per changed relation, as `tablespace/database/filenode`. */
  readonly relations: ReadonlyMap<string, number>;
}

export interface CommittedTransaction {
  readonly transactionId: number;
  /** As pg_waldump prints it, with zone. */
  readonly committedAt: string;
}

/** How many transactions are listed one by one. */
export const listedCommits = 1_000;

export interface WalSummarizer {
  /** Takes one line of pg_waldump's output. */
  add(line: string): void;
  result(): WalSummary;
}

const recordPattern = /^rmgr: (\S+)\s.*?\btx:\s*(\d+), .*?\bdesc: (\S+)\s?(.*)$/;
const relationPattern = /\brel (\d+\/\d+\/\d+)/g;
const commitTimePattern = /^(?:\d+: )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S* ?[A-Za-z0-9+:-]*)/;

/** Counts records, commits and changed relations while the lines of pg_waldump pass by. */
export function createWalSummarizer(): WalSummarizer {
  const relations = new Map<string, number>();
  const commits: CommittedTransaction[] = [];
  let records = 0;
  let commitCount = 0;
  return {
    add(line) {
      const record = recordPattern.exec(line);
      if (record === null) return;
      records += 1;
      for (const relation of relationsOf(line)) relations.set(relation, (relations.get(relation) ?? 0) + 1);
      const commit = commitOf(record);
      if (commit === undefined) return;
      commitCount += 1;
      if (commits.length < listedCommits) commits.push(commit);
    },
    result: () => ({ records, commits, commitCount, relations }),
  };
}

function relationsOf(line: string): Set<string> {
  return new Set([...line.matchAll(relationPattern)].map((match) => match[1] ?? ''));
}

function commitOf(record: RegExpExecArray): CommittedTransaction | undefined {
  const [, resourceManager, transactionId, operation, rest = ''] = record;
  if (resourceManager !== 'Transaction') return undefined;
  if (operation !== 'COMMIT' && operation !== 'COMMIT_PREPARED') return undefined;
  // A prepared transaction is named in the description, its record belongs to no transaction.
  const prepared = /^(\d+): /.exec(rest)?.[1];
  const committedAt = (commitTimePattern.exec(rest)?.[1] ?? '').trim();
  return { transactionId: Number(prepared ?? transactionId), committedAt };
}
