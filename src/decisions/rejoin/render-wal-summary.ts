import { formatLsn } from '../../domain/lsn.ts';
import { describeStretch, type WalStretch } from './diverged-wal.ts';
import { listedCommits, type WalSummary } from './wal-summary.ts';

export interface DivergedWalReport {
  readonly nodeText: string;
  readonly primaryText: string;
  readonly keptAt: string;
  readonly directory: string;
  /** False when there was no room to keep the WAL files themselves. */
  readonly filesWereKept: boolean;
  readonly stretches: readonly WalStretch[];
  readonly bytes: bigint | null;
  readonly summary: WalSummary;
}

/** Text of summary.txt beside WAL that was set aside before a rewind. */
export function renderWalSummary(report: DivergedWalReport): string {
  const { summary, stretches, directory } = report;
  const lines = [
    `WAL of ${report.nodeText} that ${report.primaryText} does not have.`,
    `Set aside at ${report.keptAt}, before the node was rewound.`,
    '',
    ...stretches.map((stretch) => `WAL: ${describeStretch(stretch)}`),
    `Bytes: ${report.bytes ?? 'unknown'}`,
    `Records: ${summary.records}`,
    `Committed transactions: ${summary.commitCount}`,
    '',
    ...commitLines(summary),
    ...relationLines(summary),
    ...readingLines(report, directory),
  ];
  return `${lines.join('\n')}\n`;
}

function commitLines({ commits, commitCount }: WalSummary): string[] {
  if (commitCount === 0) return [];
  const listed = commits.map(({ transactionId, committedAt }) => `  ${transactionId}  ${committedAt}`);
  const rest = commitCount > commits.length ? [`  … only the first ${listedCommits} are listed`] : [];
  return ['Transactions (id, time of commit):', ...listed, ...rest, ''];
}

function relationLines({ relations }: WalSummary): string[] {
  if (relations.size === 0) return [];
  const rows = [...relations]
    .toSorted(([, a], [, b]) => b - a)
    .map(([relation, records]) => `  ${relation}  ${records}`);
  return [
    'Changed relations (tablespace/database/filenode, records); pg_filenode_relation() gives their names:',
    ...rows,
    '',
  ];
}

function readingLines({ filesWereKept, stretches }: DivergedWalReport, directory: string): string[] {
  if (!filesWereKept) return ['The WAL files themselves were not kept: there was no room for them.'];
  return [
    'To read it:',
    ...stretches.map(
      ({ timeline, start }) =>
        `  pg_waldump --path='${directory}' --timeline=${timeline} --start=${formatLsn(start)}`,
    ),
  ];
}
