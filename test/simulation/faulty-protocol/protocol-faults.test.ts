import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allProtocolFaults } from './all-protocol-faults.ts';
import { editSource } from './faulty-tree.ts';
import { type Finding, findFaults } from './find-fault.ts';
import { quickRuns } from './protocol-fault.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const quickFaults = allProtocolFaults.filter((fault) => fault.maxRuns <= quickRuns);

describe('the checkers of the simulation', () => {
  it.each(allProtocolFaults)(
    'know where the protocol keeps the rule that "$name" breaks',
    ({ name, edits }) => {
      for (const edit of edits) {
        const source = readFileSync(join(root, edit.file), 'utf8');
        expect(editSource(source, name, edit)).not.toBe(source);
      }
    },
  );

  it('refuse a fault whose text is no longer there, and say which', () => {
    const edit = { file: 'src/a.ts', text: 'if (bound)', replacement: '' };
    expect(() => editSource('if (free) return;', 'some-fault', edit)).toThrow(
      /"some-fault".*0 times in src\/a\.ts.*\nif \(bound\)/,
    );
  });

  it(`find each of ${quickFaults.length} faults of the protocol within ${quickRuns} runs`, async () => {
    const findings: Finding[] = [];
    await findFaults(quickFaults, { lanes: 2, onFinding: (finding) => findings.push(finding) });
    const missed = findings.filter(({ found }) => found === null).map(({ fault }) => fault.name);
    expect(missed).toEqual([]);
    expect(findings).toHaveLength(quickFaults.length);
    for (const { found, fault } of findings)
      expect(found?.violation, fault.name).toMatch(/^(I[1-7]|liveness): /);
  });
});
