import { describe, expect, it } from 'vitest';
import { closingLine, lineOf, type Outcome } from '../../faults/tell-outcome.ts';
import { faultRecord, faultScenario } from './fault-run.ts';

function outcome(broken: readonly string[], notYet?: string): Outcome {
  const scenario = faultScenario(notYet === undefined ? {} : { notYet });
  return { scenario, record: faultRecord({ broken }), broken, seconds: 12 };
}

describe('what a run of the fault lab says', () => {
  it('is one line for what held', () => {
    expect(lineOf(outcome([]))).toBe(
      'held      power-cut: outage 3500 ms, two writable 0 ms, lost 3 of 1000, all attached after 1200 ms, cause named, explained [12 s]',
    );
  });

  it('names what broke', () => {
    expect(lineOf(outcome(['too slow']))).toMatch(/^BROKEN {4}power-cut: .*\n {10}- too slow$/);
  });

  it('is loud about a gap that is known, and fails when it has closed', () => {
    expect(lineOf(outcome(['too slow'], 'nobody looks'))).toMatch(/^NOT YET {3}power-cut \(nobody looks\): /);
    expect(lineOf(outcome([], 'nobody looks'))).toMatch(/^HOLDS NOW power-cut/);
  });

  it('does not take a cluster that was never built for a known gap', () => {
    const unbuilt = { ...outcome(['no disk'], 'nobody looks'), record: undefined };
    expect(lineOf(unbuilt)).toMatch(/^BROKEN/);
  });

  it('closes with counts and with the names of all that did not simply hold', () => {
    const outcomes = [outcome([]), outcome(['slow']), outcome(['slow'], 'known'), outcome([], 'known')];
    expect(closingLine(outcomes)).toBe(
      '1 of 4 runs held; 1 NOT YET (power-cut); 1 HOLDS NOW (power-cut); 1 BROKEN (power-cut)',
    );
    expect(closingLine([outcome([])])).toBe('1 of 1 runs held; 0 NOT YET; 0 HOLDS NOW; 0 BROKEN');
  });
});
