import { describe, expect, it } from 'vitest';
import { CandidacyValidator } from '../../../src/daemon/validate-candidacy.ts';
import { LocalCommandFailed } from '../../../src/domain/errors/repmgr-error.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import type { CommandResult, CommandSpec } from '../../../src/ports/command-runner.ts';
import { FakeRunner } from '../../fakes/fake-host.ts';
import { partialPort } from '../../fakes/partial-port.ts';
import { daemonNode } from './server/daemon-node.ts';

const effect = {
  type: 'validateCandidacy',
  scope: 7,
  visibleNodes: 2,
  sharedUpstreamNodes: 3,
  totalNodes: 4,
  timeoutMs: 30_000,
} as const;

function validator(command: string, resultOf: (spec: CommandSpec) => Partial<CommandResult> = () => ({})) {
  const runner = new FakeRunner();
  runner.resultOf = resultOf;
  const { node, records } = daemonNode(partialPort<Adapters>('adapters', { runner }));
  const settings = { ...node.settings.settings, failover_validation_command: command };
  const changed = { ...node, settings: { ...node.settings, settings } };
  return { runner, records, validator: new CandidacyValidator(changed) };
}

describe('CandidacyValidator', () => {
  it('runs the command through the shell with everything it may ask for', async () => {
    const specs: CommandSpec[] = [];
    const world = validator('/bin/may %n "%a" %v %u %t %%x %q', (spec) => {
      specs.push(spec);
      return {};
    });
    expect(await world.validator.run(effect)).toBeNull();
    expect(world.runner.commands).toEqual(['/bin/may 1 "node1" 2 3 4 %x %q']);
    expect(specs[0]).toMatchObject({ shell: true, timeoutMs: 30_000 });
  });

  it.each<[string, Partial<CommandResult>, string]>([
    ['a status other than 0', { exitStatus: 3 }, 'it ended with 3'],
    ['a signal', { exitStatus: null, signalName: 'SIGSEGV' }, 'it ended with SIGSEGV'],
    [
      'its time being up',
      { exitStatus: null, signalName: 'SIGTERM', timedOut: true },
      'it did not end within 30 s',
    ],
  ])('takes %s for a refusal', async (_, result, refusal) => {
    expect(await validator('may', () => result).validator.run(effect)).toBe(refusal);
  });

  it('takes a command that cannot be started for a refusal', async () => {
    const world = validator('may', () => {
      throw new LocalCommandFailed('"/bin/sh" could not be started');
    });
    expect(await world.validator.run(effect)).toContain('could not be started');
  });

  it('logs what the command says', async () => {
    const world = validator('may', () => ({ stdout: 'too few\nmore\n', stderr: 'really\n', exitStatus: 1 }));
    await world.validator.run(effect);
    expect(world.records).toMatchObject([
      { message: 'running failover_validation_command: may' },
      { message: 'output of failover_validation_command', detail: 'too few\nreally' },
    ]);
  });

  it('ends the run before, for whose answer nobody waits', async () => {
    const specs: CommandSpec[] = [];
    const world = validator('may', (spec) => {
      specs.push(spec);
      return {};
    });
    await world.validator.run(effect);
    await world.validator.run({ ...effect, scope: 8 });
    expect(specs.map(({ signal }) => signal?.aborted)).toEqual([true, false]);
  });

  it('has nothing against it where the command is gone from the file', async () => {
    const world = validator('');
    expect(await world.validator.run(effect)).toBeNull();
    expect(world.runner.commands).toEqual([]);
  });
});
