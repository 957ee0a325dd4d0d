import { describe, expect, it } from 'vitest';
import { type RewindFacts, rewindObstacles } from '../../../../src/decisions/rejoin/rewind-obstacles.ts';

function facts(
  local: Partial<RewindFacts['local']> = {},
  fullPageWrites: boolean | null = true,
): RewindFacts {
  return {
    local: { majorVersion: 15, isCleanlyShutDown: true, dataChecksums: true, walLogHints: false, ...local },
    primary: { fullPageWrites },
  };
}

const reasons = (input: RewindFacts): string[] => rewindObstacles(input).map(({ reason }) => reason);

describe('rewindObstacles', () => {
  it.each([
    ['checksums', facts()],
    ['hints', facts({ dataChecksums: false, walLogHints: true })],
    ['both', facts({ walLogHints: true })],
    ['unknown full_page_writes', facts({}, null)],
    ['a crash on 13', facts({ majorVersion: 13, isCleanlyShutDown: false })],
    ['a clean stop on 12', facts({ majorVersion: 12 })],
  ])('sees none with %s', (_, input) => {
    expect(reasons(input)).toEqual([]);
  });

  it('needs checksums or hints', () => {
    expect(reasons(facts({ dataChecksums: false }))).toEqual(['noHintBitWal']);
  });

  it('needs full_page_writes', () => {
    expect(reasons(facts({}, false))).toEqual(['noFullPageWrites']);
  });

  it('needs a clean stop before 13', () => {
    expect(reasons(facts({ majorVersion: 12, isCleanlyShutDown: false }))).toEqual(['unclean']);
  });

  it('names all at once, each with what to do', () => {
    const all = rewindObstacles(
      facts({ majorVersion: 12, isCleanlyShutDown: false, dataChecksums: false }, false),
    );
    expect(all.map(({ reason }) => reason)).toEqual(['noHintBitWal', 'noFullPageWrites', 'unclean']);
    expect(all.every(({ hint }) => hint.length > 0)).toBe(true);
  });
});
