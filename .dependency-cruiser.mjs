/** Who may import what; the table is in docs/development/architecture.md. Checked by scripts/cruise.ts. */

/** Folders that do the work behind a port. */
const adapters = '^src/(postgres|metadata|host|peers|observability)/';
const nodeModule = { dependencyTypes: ['core'] };

/** A rule that lets `from` import these folders of src and nothing else of it. */
function onlyImports(name, from, folders, comment) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: `^src/${from}/` },
    to: { path: '^src/', pathNot: `^src/(${folders.join('|')})/` },
  };
}

/** A rule that lets `from` import no modules of Node but these. */
function onlyNodeModules(name, from, allowed, comment) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: `^src/${from}/` },
    to: { ...nodeModule, ...(allowed.length > 0 && { pathNot: `^(node:)?(${allowed.join('|')})$` }) },
  };
}

/** A rule that keeps a package to some folders. */
function packageStaysIn(name, folders, comment) {
  return {
    name: `${name}-stays-in-its-folder`,
    comment,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/(${folders.join('|')})/` },
    to: { path: `node_modules/(@types/)?${name}/` },
  };
}

export default {
  forbidden: [
    onlyImports('domain-imports-nothing', 'domain', ['domain'], 'The words of the field depend on nothing.'),
    onlyImports(
      'decisions-are-pure',
      'decisions',
      ['domain', 'decisions'],
      'A decision is a function of what was observed.',
    ),
    {
      name: 'pure-folders-see-no-world',
      comment:
        'Modules of Node and packages would let the world into the domain, its decisions and the ports.',
      severity: 'error',
      from: { path: '^src/(domain|decisions|ports)/' },
      to: { pathNot: '^src/' },
    },
    onlyImports('ports-are-interfaces', 'ports', ['domain', 'ports'], 'Ports speak of the domain only.'),
    onlyImports('config-knows-the-domain-only', 'config', ['domain', 'config'], 'Settings are data.'),
    {
      name: 'config-reads-files-in-one-place',
      comment: 'Everything else in config is a function of text.',
      severity: 'error',
      from: { path: '^src/config/', pathNot: '^src/config/read-config-files[.]ts$' },
      to: { ...nodeModule, pathNot: '^(node:)?path$' },
    },
    onlyImports(
      'operations-work-through-ports',
      'operations',
      ['domain', 'decisions', 'ports', 'config', 'operations'],
      'A procedure is the same for both programs and in every test.',
    ),
    onlyNodeModules(
      'operations-reach-the-world-through-ports',
      '(operations|cli)',
      ['path', 'path/posix', 'crypto', 'util'],
      'Files, programs and connections are reached through ports.',
    ),
    {
      name: 'adapters-do-not-know-each-other',
      comment:
        'An adapter imports the domain, the ports and its own folder; metadata also speaks to postgres.',
      severity: 'error',
      from: { path: '^src/(postgres|host|peers|observability)/' },
      to: { path: '^src/', pathNot: '^src/(domain|ports|config|$1)/' },
    },
    onlyImports(
      'metadata-knows-postgres',
      'metadata',
      ['domain', 'ports', 'config', 'postgres', 'metadata'],
      'The metadata are tables of PostgreSQL.',
    ),
    {
      name: 'adapters-take-settings-as-values',
      comment: 'An adapter may name the types of settings; reading them is done where it is put together.',
      severity: 'error',
      from: { path: adapters },
      to: { path: '^src/config/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'cli-and-daemon-are-strangers',
      comment: 'What both programs need is an operation or a decision.',
      severity: 'error',
      from: { path: '^src/(cli|daemon)/' },
      to: { path: '^src/(cli|daemon)/', pathNot: '^src/$1/' },
    },
    {
      name: 'only-bin-composes',
      comment: 'Ports and adapters meet in src/bin and nowhere else.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/bin/', adapters] },
      to: { path: adapters },
    },
    {
      name: 'nobody-imports-bin',
      comment: 'Programs are started, not imported.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/bin/' },
      to: { path: '^src/bin/' },
    },
    {
      name: 'tests-import-src-never-the-reverse',
      comment: 'What ships depends on nothing that does not.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|lab|scripts)/' },
    },
    {
      name: 'lab-is-for-tests-and-scripts',
      comment: 'The lab builds real clusters and knows no test.',
      severity: 'error',
      from: { path: '^lab/' },
      to: { path: '^(test|scripts)/' },
    },
    packageStaysIn('pg', ['postgres'], 'Everybody else speaks to PostgreSQL through the ports.'),
    packageStaysIn('valibot', ['daemon', 'peers', 'config'], 'Only what comes from outside is validated.'),
    {
      name: 'no-development-packages',
      comment: 'What ships needs only the packages under "dependencies"; their types do not ship.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-cycles',
      comment: 'No module needs itself, not even for a type.',
      severity: 'error',
      from: { path: '^(src|lab|scripts)/' },
      to: { circular: true },
    },
    {
      name: 'no-cycles-in-tests',
      comment: 'Simulated worlds and their inhabitants may name the types of each other.',
      severity: 'error',
      from: { path: '^test/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-missing-modules',
      comment: 'A path that leads nowhere would escape every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types'],
    },
  },
};
