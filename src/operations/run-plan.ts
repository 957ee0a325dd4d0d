import { Cancelled } from '../domain/errors/repmgr-error.ts';
import type { OperationContext } from './operation-context.ts';

/** One thing to be done. */
export interface PlanStep {
  /** In the imperative: `create the schema "repmgr"`. */
  readonly title: string;
  action(): Promise<void>;
}

/**
 * Runs the steps one after the other and stops at the first that throws. A dry run logs what would be done and
 * does nothing.
 */
export async function runPlan(
  { log, signal }: Pick<OperationContext, 'log' | 'signal'>,
  steps: readonly PlanStep[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<void> {
  for (const step of steps) {
    if (signal.aborted) throw new Cancelled(`interrupted before the step "${step.title}"`);
    if (dryRun) {
      log.info(`would ${step.title}`);
      continue;
    }
    log.debug(`step: ${step.title}`);
    await step.action();
  }
}
