import type { ExitName } from '../../../../domain/errors/exit-codes.ts';
import { UsageError } from '../../../../domain/errors/repmgr-error.ts';
import { observeCluster, type PastRequest } from '../../../../operations/observe-cluster.ts';
import type { CommandContext } from '../../../command.ts';
import { type ClusterExplanation, explainCluster, type Span } from './explanation.ts';
import { parseMoment } from './parse-moment.ts';
import { renderExplanation } from './render-explanation.ts';

/** Told with --at: what an election that fails at first may take, before and after. */
const beforeMs = 2 * 60_000;
const afterMs = 3 * 60_000;
const recentEventsMs = 30 * 86_400_000;
const limit = 200;

/** `repmgr cluster explain` */
export async function run(context: CommandContext): Promise<ExitName> {
  const { adapters, options, out } = context;
  const now = adapters.clock.wallTime();
  const at = options.at === undefined ? null : momentOf(options.at, now);
  const span = spanOf(at, now);
  const observed = await observeCluster(context, requestOf(span, at, now));
  const explanation = explainCluster(observed, span, at);
  if (options.json) out.json(asJson(explanation));
  else out.write(renderExplanation(explanation, { isVerbose: options.verbose }));
  return 'SUCCESS';
}

function momentOf(given: string, now: Date): number {
  const moment = parseMoment(given, now);
  if (moment !== undefined && moment <= now) return moment.getTime();
  const problem = moment === undefined ? 'is not understood as a time' : 'lies in the future';
  throw new UsageError([
    `--at "${given}" ${problem}: give for example 14:02, "10 min ago" or "2026-11-22 14:02:11"`,
  ]);
}

function spanOf(at: number | null, now: Date): Span {
  const nowMs = now.getTime();
  if (at === null) return { sinceMs: nowMs - recentEventsMs, untilMs: nowMs };
  return { sinceMs: at - beforeMs, untilMs: Math.min(at + afterMs, nowMs) };
}

function requestOf({ sinceMs, untilMs }: Span, at: number | null, now: Date): PastRequest {
  const nowMs = now.getTime();
  return {
    decisions: { sinceAgoMs: at === null ? null : nowMs - sinceMs, untilAgoMs: nowMs - untilMs, limit },
    events: { sinceMs, untilMs, limit },
  };
}

function asJson(explanation: ClusterExplanation): unknown {
  const { snapshot, verdict, story, summary, before, remarks, at, span } = explanation;
  const withTimes = <T extends { atMs: number; lastAtMs: number }>({ atMs, lastAtMs, ...rest }: T) => ({
    at: new Date(atMs).toISOString(),
    lastAt: new Date(lastAtMs).toISOString(),
    ...rest,
  });
  const orNull = <T extends { atMs: number; lastAtMs: number }>(line: T | null) =>
    line === null ? null : withTimes(line);
  return {
    verdict,
    nodes: snapshot.nodes.map(({ nodeId, nodeName, status, silence, server }) => ({
      nodeId,
      nodeName,
      role: status?.role ?? null,
      term: status?.term ?? null,
      primary: status?.primary ?? null,
      promotable: status?.isPromotable ?? null,
      postgres: server,
      explanation: status?.explanation ?? null,
      silence,
    })),
    at: at === null ? null : new Date(at).toISOString(),
    since: new Date(span.sinceMs).toISOString(),
    until: new Date(span.untilMs).toISOString(),
    summary:
      summary === null
        ? null
        : {
            cause: orNull(summary.cause),
            choice: orNull(summary.choice),
            outcome: withTimes(summary.outcome),
          },
    story: story.map(withTimes),
    before: before.map(withTimes),
    remarks,
  };
}
