import { join } from 'node:path';
import type { ConnectionParameters } from '../../domain/conninfo/connection-parameters.ts';
import { ConfigurationError } from '../../domain/errors/repmgr-error.ts';
import { applyDefaults } from './apply-defaults.ts';
import type { ClientEnvironment } from './client-environment.ts';
import { type HostTarget, hostTargets } from './host-targets.ts';
import { findPassword, readPassfile } from './passfile.ts';

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
const sessionAttributes = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
const orders = ['disable', 'random'] as const;

export type SslMode = (typeof sslModes)[number];
export type TargetSessionAttrs = (typeof sessionAttributes)[number];

/** One server to try, with the password for it. */
export interface ResolvedHost extends HostTarget {
  readonly password: string | undefined;
}

/** A conninfo with all defaults applied and all choices checked. */
export interface ResolvedConninfo {
  /** At least one, in the order of the conninfo. */
  readonly hosts: readonly ResolvedHost[];
  readonly user: string;
  readonly dbname: string;
  readonly sslmode: SslMode;
  readonly targetSessionAttrs: TargetSessionAttrs;
  readonly loadBalanceHosts: 'disable' | 'random';
  /** Limit for each host; undefined when the conninfo sets none, 0 when it asks for no limit. */
  readonly connectTimeoutMs: number | undefined;
  /** All parameters including defaults. */
  readonly parameters: ConnectionParameters;
  /** Files that were ignored, and why. */
  readonly warnings: readonly string[];
}

/**
 * Applies everything that libpq applies between a conninfo and a connection attempt.
 * @throws ConfigurationError
 */
export async function resolveConninfo(
  given: ConnectionParameters,
  environment: ClientEnvironment,
): Promise<ResolvedConninfo> {
  const parameters = await applyDefaults(given, environment);
  const user = nonEmpty(parameters.get('user')) ?? environment.osUser;
  if (user === '') throw nobody();
  const dbname = nonEmpty(parameters.get('dbname')) ?? user;
  const targets = hostTargets(parameters, environment.socketDirectory);
  const { hosts, warnings } = await withPasswords(targets, { parameters, user, dbname, environment });
  return {
    hosts,
    user,
    dbname,
    sslmode: choice(parameters, 'sslmode', sslModes),
    targetSessionAttrs: choice(parameters, 'target_session_attrs', sessionAttributes),
    loadBalanceHosts: choice(parameters, 'load_balance_hosts', orders),
    connectTimeoutMs: timeoutMs(parameters.get('connect_timeout')),
    parameters,
    warnings,
  };
}

function nobody(): ConfigurationError {
  return new ConfigurationError('there is no role to connect as: this operating-system user has no name', {
    hint: 'name one: "user" in the connection string, -U/--username or PGUSER',
  });
}

interface PasswordSearch {
  readonly parameters: ConnectionParameters;
  readonly user: string;
  readonly dbname: string;
  readonly environment: ClientEnvironment;
}

async function withPasswords(
  targets: readonly HostTarget[],
  { parameters, user, dbname, environment }: PasswordSearch,
): Promise<{ hosts: ResolvedHost[]; warnings: string[] }> {
  const given = nonEmpty(parameters.get('password'));
  if (given !== undefined) {
    return { hosts: targets.map((target) => ({ ...target, password: given })), warnings: [] };
  }
  const path = nonEmpty(parameters.get('passfile')) ?? join(environment.homeDirectory, '.pgpass');
  const { text, warning } = await readPassfile(path);
  const hosts = targets.map((target) => {
    const host = passfileHost(target, environment.socketDirectory);
    return { ...target, password: findPassword(text, { host, port: String(target.port), dbname, user }) };
  });
  return { hosts, warnings: warning === undefined ? [] : [warning] };
}

/** The password file knows connections through the default socket as `localhost`. */
function passfileHost({ host, hostaddr }: HostTarget, socketDirectory: string): string {
  if (host === socketDirectory) return 'localhost';
  return host === '' ? (hostaddr ?? 'localhost') : host;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function choice<Value extends string>(
  parameters: ConnectionParameters,
  keyword: string,
  allowed: readonly Value[],
): Value {
  const value = parameters.get(keyword);
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw new ConfigurationError(`invalid ${keyword} value: "${value ?? ''}"`, {
    hint: `use one of ${allowed.join(', ')}`,
  });
}

function timeoutMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) {
    throw new ConfigurationError(`invalid integer value "${text}" for connection option "connect_timeout"`, {
      hint: 'give a number of seconds',
    });
  }
  return Math.max(Number(text.trim()), 0) * 1000;
}
