import { expandFailoverValidationCommand } from '../config/expand-placeholders.ts';
import type { CoreEffect } from '../decisions/failover/events-and-effects.ts';
import { messageOf, type Node } from './node.ts';

type ValidateCandidacy = CoreEffect & { type: 'validateCandidacy' };

/** Runs `failover_validation_command`; a new run ends the one before, whose answer nobody waits for any more. */
export class CandidacyValidator {
  private readonly node: Node;
  private running: AbortController | undefined;

  constructor(node: Node) {
    this.node = node;
  }

  /** Null when the command ended with 0, else why that counts as a refusal. Never rejects. */
  async run(effect: ValidateCandidacy): Promise<string | null> {
    this.running?.abort();
    const controller = new AbortController();
    this.running = controller;
    try {
      return await this.ask(effect, controller.signal);
    } catch (error) {
      return messageOf(error);
    }
  }

  private async ask(effect: ValidateCandidacy, overtaken: AbortSignal): Promise<string | null> {
    const { adapters, log, settings, ending, nodeId } = this.node;
    const { failover_validation_command: command, node_name: nodeName } = settings.settings;
    // Removed from the file since the core asked.
    if (command === '') return null;
    const { timeoutMs, ...counts } = effect;
    const expanded = expandFailoverValidationCommand(command, { ...counts, nodeId, nodeName });
    log.notice(`running failover_validation_command: ${expanded}`);
    const signal = AbortSignal.any([overtaken, ending]);
    const result = await adapters.runner.run({ command: expanded, shell: true, timeoutMs, signal });
    const [firstLine = ''] = result.stdout.split('\n');
    const detail = [firstLine, result.stderr.trim().slice(-2_000)].filter((text) => text !== '').join('\n');
    if (detail !== '') log.notice('output of failover_validation_command', { detail });
    if (result.exitStatus === 0) return null;
    if (result.timedOut) return `it did not end within ${timeoutMs / 1_000} s`;
    return `it ended with ${result.exitStatus ?? result.signalName}`;
  }
}
