import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conninfoKeywords } from '../../src/domain/conninfo/keywords.ts';
import { renderConninfo } from '../../src/domain/conninfo/render-conninfo.ts';
import { ConfigurationError } from '../../src/domain/errors/repmgr-error.ts';
import { applyDefaults } from '../../src/postgres/conninfo/apply-defaults.ts';
import {
  type ClientEnvironment,
  readClientEnvironment,
} from '../../src/postgres/conninfo/client-environment.ts';
import { resolveConninfo } from '../../src/postgres/conninfo/resolve-conninfo.ts';
import { askLibpq } from './conninfo-ask-libpq.ts';

const seed = 19_960_708;
/** Generous, for a machine that is busy with other things. */
const timeout = 60_000;
const { socketDirectory } = readClientEnvironment();
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'conninfo-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const common = conninfoKeywords.filter(({ since }) => since === undefined);

function environmentWith(variables: Record<string, string>): ClientEnvironment {
  return {
    variables,
    homeDirectory: variables.HOME ?? '/nonexistent',
    osUser: userInfo().username,
    socketDirectory,
    systemDirectory: variables.PGSYSCONFDIR ?? '/nonexistent',
  };
}

describe('environment variables and service files', () => {
  const everyVariable = common.flatMap(({ variable }) => (variable === undefined ? [] : [variable]));
  const setVariables = fc
    .uniqueArray(
      fc.tuple(
        fc.constantFrom(...everyVariable.filter((name) => name !== 'PGSERVICE'), 'PGREQUIRESSL'),
        fc.constantFrom('', '1', '0', 'x', 'require', 'ü'),
      ),
      { selector: ([name]) => name, maxLength: 6 },
    )
    .map((pairs) => Object.fromEntries(pairs));
  const line = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...common.map(({ name }) => `${name}=value of ${name}`)) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        '[one]',
        '[two]',
        '[one]x',
        ' [one]',
        '[one',
        '[onetwo]',
        '# host=x',
        '',
        '  ',
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'host=a',
        'host=',
        '  port=1  ',
        'dbname=a=b',
        'port=2\r',
        'options=-c a=b\t',
      ),
    },
  );
  const serviceFile = fc.array(line, { maxLength: 10 }).map((lines) => lines.join('\n'));

  it('yield the values that libpq finds', { timeout }, async () => {
    const samples = fc.sample(
      fc.record({
        variables: setVariables,
        service: fc.constantFrom(undefined, 'one', 'one', 'two'),
        user: fc.option(serviceFile, { nil: undefined }),
        system: fc.option(serviceFile, { nil: undefined }),
        usesVariable: fc.boolean(),
      }),
      { numRuns: 400, seed },
    );
    const environments = samples.map(({ variables, service, user, system, usesVariable }, index) => {
      const home = join(folder, `home${index}`);
      const sysconf = join(folder, `system${index}`);
      mkdirSync(home);
      mkdirSync(sysconf);
      const userFile = join(home, usesVariable ? 'services' : '.pg_service.conf');
      if (user !== undefined) writeFileSync(userFile, user);
      if (system !== undefined) writeFileSync(join(sysconf, 'pg_service.conf'), system);
      return {
        ...variables,
        HOME: home,
        PGSYSCONFDIR: sysconf,
        ...(service === undefined ? {} : { PGSERVICE: service }),
        ...(usesVariable && user !== undefined ? { PGSERVICEFILE: userFile } : {}),
      };
    });
    const { defaults } = askLibpq({ environments });
    const known = new Set(askLibpq({}).keywords.map(([name]) => name));
    let compared = 0;
    for (const [index, environment] of environments.entries()) {
      const ours = await applyDefaults(new Map(), environmentWith(environment)).catch((error: unknown) => {
        // PQconndefaults goes on without the service where a connection attempt would fail.
        if (error instanceof ConfigurationError) return undefined;
        throw error;
      });
      if (ours === undefined) continue;
      compared++;
      expect([...ours].filter(([name]) => known.has(name))).toEqual(
        defaults[index]?.filter(([name]) => !name.startsWith('_')),
      );
    }
    expect(compared).toBeGreaterThan(200);
  });
});

describe('password files', () => {
  const word = fc.oneof(
    fc.constant('*'),
    fc.constantFrom('', 'a', 'b', 'ab', 'a\\:b', 'a\\\\b', 'localhost', '5432', '1', '\\a', '*a', 'ü'),
  );
  const line = fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .tuple(
          word,
          fc.constantFrom('*', '*', '5432', '1'),
          word,
          word,
          fc.constantFrom('pw', 'p\\:w', 'p:w', '', '\\', 'ü ', 'x\r'),
        )
        .map((fields) => fields.join(':')),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('#a:*:*:*:no', '', '*', '*:*:*:*', '*:*:*:*:any', ' *:*:*:*:no'),
    },
  );
  const passfile = fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'));
  const name = fc.constantFrom('a', 'b', 'ab', 'a:b', 'a\\b', 'ü', '*');
  // The address belongs to no host and the port to no server: nothing is really connected to.
  const login = fc
    .record({
      server: fc.oneof(
        fc.record({
          host: fc.oneof(name, fc.constant('')),
          hostaddr: fc.constant('0.0.0.1'),
          port: fc.constantFrom('', '1', '5432'),
        }),
        fc.record({
          host: fc.constantFrom('', socketDirectory, '/nonexistent'),
          hostaddr: fc.constant(''),
          port: fc.constant('1'),
        }),
      ),
      dbname: fc.oneof(name, fc.constant('')),
      user: name,
    })
    .map(({ server, dbname, user }) => ({ ...server, dbname, user }));

  it('yield the passwords that libpq finds', { timeout }, async () => {
    const files = fc.sample(passfile, { numRuns: 100, seed }).map((text, index) => {
      const file = join(folder, `passfile${index}`);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    });
    const logins = fc
      .sample(fc.tuple(fc.constantFrom(...files), login), { numRuns: 2_000, seed })
      .map(([file, parameters]) => new Map(Object.entries({ ...parameters, passfile: file })));
    const { passwords } = askLibpq({ logins: logins.map((parameters) => renderConninfo(parameters)) });
    const environment = environmentWith({ HOME: folder });
    let found = 0;
    for (const [index, parameters] of logins.entries()) {
      const { hosts } = await resolveConninfo(parameters, environment);
      if (hosts[0]?.password !== undefined) found++;
      expect(hosts[0]?.password ?? '', renderConninfo(parameters)).toBe(passwords[index]);
    }
    expect(found).toBeGreaterThan(300);
  });

  it('are ignored, with a warning, when others may read them', async () => {
    const file = join(folder, 'open');
    writeFileSync(file, '*:*:*:*:secret');
    chmodSync(file, 0o640);
    const parameters = new Map([['passfile', file]]);
    const resolved = await resolveConninfo(parameters, environmentWith({ HOME: folder }));
    expect(resolved.hosts[0]?.password).toBeUndefined();
    expect(resolved.warnings).toEqual([
      `password file "${file}" has group or world access; permissions should be u=rw (0600) or less`,
    ]);
    expect(askLibpq({ logins: [`host=/nonexistent passfile=${file}`] }).passwords).toEqual(['']);
  });
});
