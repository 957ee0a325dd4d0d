import type { CheckResult } from '../../../../decisions/clone/check-result.ts';
import { PreflightFailed } from '../../../../domain/errors/repmgr-error.ts';
import type { Logger } from '../../../../ports/logger.ts';

/**
 * Logs every check with its outcome.
 * @throws PreflightFailed when at least one has failed; all of them have been shown then.
 */
export function reportPreflight({ log }: { readonly log: Logger }, checks: readonly CheckResult[]): void {
  for (const { check, outcome, message, hint } of checks) {
    const text = `${check}: ${message}`;
    if (outcome === 'passed') log.info(text);
    else if (outcome === 'warning') log.warning(text, { hint });
    else log.error(text, { hint });
  }
  const problems = checks.filter(({ outcome }) => outcome === 'failed').map(({ message }) => message);
  if (problems.length === 0) return;
  const count = problems.length === 1 ? 'one check' : `${problems.length} checks`;
  throw new PreflightFailed(`nothing was changed, because ${count} failed`, problems);
}
