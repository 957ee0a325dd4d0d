import { describe, expect, it } from 'vitest';
import { percentile, renderTable } from '../../../scripts/generate-reliability.ts';
import { faultRecord, faultScenario } from './fault-run.ts';

describe('percentile', () => {
  it('is a value that occurred, the smallest that so many do not exceed', () => {
    const values = [50, 10, 40, 20, 30];
    expect(percentile(values, 50)).toBe(30);
    expect(percentile(values, 95)).toBe(50);
    expect(percentile([7], 95)).toBe(7);
  });
});

describe('docs/reliability.md', () => {
  it('has a row for each scenario that was measured, worst cases included', () => {
    const records = [
      faultRecord({ outageMs: 3_000, lostRows: 0 }),
      faultRecord({ outageMs: 4_000, lostRows: 2, broken: ['too slow'], explained: false }),
      faultRecord({
        outageMs: 5_000,
        attachedMs: null,
        humanActions: 1,
        causeNamed: false,
        explained: false,
      }),
    ];
    const text = renderTable([faultScenario(), faultScenario({ name: 'flood' })], records);
    expect(text).toContain(
      '| power-cut | 3 | 2 | 4000 ms | 5000 ms | 0 ms | 3 | 1200 ms | never | 1 | 2 | 1 |\n',
    );
    expect(text).toContain('**power-cut**: The power is cut. Acts: everybody.');
    expect(text).toMatch(/Not measured yet: flood\.\n$/);
  });

  it('says what does not hold yet', () => {
    const text = renderTable([faultScenario({ notYet: 'nobody looks' })], [faultRecord()]);
    expect(text).toContain('| power-cut (not yet) | 1 |');
    expect(text).toContain('Does not hold yet: nobody looks.');
  });

  it('has no opinion on causes where there was nothing to explain', () => {
    const text = renderTable([faultScenario()], [faultRecord({ causeNamed: null, explained: null })]);
    expect(text).toContain('| 0 | – | – |\n');
  });
});
