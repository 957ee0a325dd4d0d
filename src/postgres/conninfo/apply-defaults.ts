import type { ConnectionParameters } from '../../domain/conninfo/connection-parameters.ts';
import { conninfoKeywords, inLibpqOrder } from '../../domain/conninfo/keywords.ts';
import type { ClientEnvironment } from './client-environment.ts';
import { readService } from './service-file.ts';

/**
 * Completes parameters as libpq does: service file, then environment variables, then built-in values.
 * A value that is there, even an empty one, is kept.
 * @throws ConfigurationError when a service is named but can't be read.
 */
export async function applyDefaults(
  parameters: ConnectionParameters,
  environment: ClientEnvironment,
): Promise<ConnectionParameters> {
  const complete = new Map([...(await readService(parameters, environment)), ...parameters]);
  for (const keyword of conninfoKeywords) {
    if (complete.has(keyword.name)) continue;
    const value = variableOf(keyword.name, keyword.variable, environment) ?? keyword.builtIn;
    if (value !== undefined) complete.set(keyword.name, value);
  }
  // PostgreSQL 16: public certificate authorities sign for anybody, so only the host name protects.
  if (complete.get('sslrootcert') === 'system' && !parameters.has('sslmode')) {
    if (environment.variables.PGSSLMODE === undefined) complete.set('sslmode', 'verify-full');
  }
  if (!complete.has('user')) complete.set('user', environment.osUser);
  return inLibpqOrder(complete);
}

function variableOf(
  name: string,
  variable: string | undefined,
  { variables }: ClientEnvironment,
): string | undefined {
  const value = variable === undefined ? undefined : variables[variable];
  // Variable of PostgreSQL 7.x which libpq still reads.
  if (value === undefined && name === 'sslmode' && variables.PGREQUIRESSL?.startsWith('1') === true) {
    return 'require';
  }
  return value;
}
