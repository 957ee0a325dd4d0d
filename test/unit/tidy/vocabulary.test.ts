import { describe, expect, it } from 'vitest';
import { type ProjectFile, projectFiles } from './project-files.ts';

const glossary = 'docs/development/glossary.md';
const thisFile = 'test/unit/tidy/vocabulary.test.ts';

/** Word, and what to say instead. */
const banned: ReadonlyMap<string, string> = new Map([
  ['master', 'primary'],
  ['masters', 'primaries'],
  ['slave', 'standby'],
  ['slaves', 'standbys'],
  ['replica', 'standby'],
  ['replicas', 'standbys'],
  ['leader', 'primary'],
  ['leaders', 'primaries'],
  ['leadership', 'reign'],
  ['tli', 'timeline'],
]);

interface Exception {
  readonly word: string;
  /** Beginning of a path. */
  readonly path: string;
  readonly because: string;
}

const exceptions: readonly Exception[] = [
  ...(
    ['src/cli/argv/command-table/', 'test/unit/cli/argv/', 'docs/manual/reference/commands.md'] as const
  ).map((path) => ({ word: 'master', path, because: 'repmgr takes it for "primary" on the command line' })),
  { word: 'master', path: 'src/config/renamed-settings.ts', because: 'old names of settings' },
  { word: 'master', path: 'test/unit/config/', because: 'old names of settings' },
  { word: 'master', path: 'lab/network-namespaces.ts', because: 'ip-link(8) calls a bridge so' },
  { word: 'slave', path: 'test/unit/cli/', because: 'a command that there is not' },
  ...(['src/decisions/clone/', 'test/', 'lab/postgres-instance.ts', 'docs/manual/'] as const).map((path) => ({
    word: 'replica',
    path,
    because: 'a value of wal_level',
  })),
  { word: 'tli', path: 'src/cli/commands/cluster/show-table.ts', because: 'a column title of repmgr' },
  { word: 'tli', path: 'src/postgres/queries/wal-positions.ts', because: 'a column of pg_stat_wal_receiver' },
  { word: 'tli', path: 'test/', because: "PostgreSQL's and repmgr's output" },
];

interface Finding {
  readonly word: string;
  readonly path: string;
  readonly line: number;
}

/** Identifiers are taken apart: `isLeaderHere` has the words is, leader and here. */
function wordsOf(line: string): string[] {
  return line
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
}

function findingsIn({ path, text }: ProjectFile): Finding[] {
  return text.split('\n').flatMap((line, index) =>
    wordsOf(line)
      .filter((word) => banned.has(word))
      .map((word) => ({ word, path, line: index + 1 })),
  );
}

function covers(exception: Exception, { word, path }: Finding): boolean {
  return exception.word === word && path.startsWith(exception.path);
}

const files = projectFiles();
const findings = files.filter(({ path }) => path !== glossary && path !== thisFile).flatMap(findingsIn);

describe('the vocabulary', () => {
  it('has one word for each idea', () => {
    const wrong = findings
      .filter((finding) => !exceptions.some((exception) => covers(exception, finding)))
      .map(({ word, path, line }) => `${path}:${line}: "${word}"; say "${banned.get(word)}"`);
    expect(wrong).toEqual([]);
  });

  it('has no exceptions that nothing needs', () => {
    const needless = exceptions.filter(
      (exception) => !findings.some((finding) => covers(exception, finding)),
    );
    expect(needless).toEqual([]);
  });

  it('finds words inside identifiers', () => {
    const text = 'const newLeader = pickTli(SLAVE_COUNT);\nmasterful(replicate, postmaster);';
    const found = findingsIn({ path: 'x.ts', text }).map(({ word, line }) => `${line} ${word}`);
    expect(found).toEqual(['1 leader', '1 tli', '1 slave']);
  });
});

describe('the glossary', () => {
  const text = files.find(({ path }) => path === glossary)?.text ?? '';
  const entries = [...text.matchAll(/^- \*\*([^*]+)\*\*/gm)].map((match) => match[1] ?? '');

  it.each([
    'primary',
    'standby',
    'witness',
    'upstream',
    'downstream',
    'sibling',
    'cascading',
    'timeline',
    'LSN',
    'WAL receiver',
    'replication slot',
    'system identifier',
    'conninfo',
    'promote',
    'follow',
    'rejoin',
    'switchover',
    'failover',
    'fence',
    'voting term',
    'quorum',
    'lease',
    'reign',
    'hand-over',
  ])('explains %s', (word) => {
    expect(entries).toContain(word);
  });

  it('explains a word once, in one line', () => {
    expect(entries).toEqual([...new Set(entries)]);
    const lines = text.split('\n').filter((line) => line.startsWith('- **'));
    expect(lines.filter((line) => !line.endsWith('.'))).toEqual([]);
  });

  it('names the words that are not used', () => {
    const unused = text.slice(text.indexOf('## Words that are not used'));
    for (const word of ['master', 'slave', 'replica', 'leader', 'tli']) expect(unused).toContain(`*${word}*`);
  });
});
