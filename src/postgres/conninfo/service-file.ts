import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionParameters } from '../../domain/conninfo/connection-parameters.ts';
import { isConninfoKeyword } from '../../domain/conninfo/keywords.ts';
import { ConfigurationError } from '../../domain/errors/repmgr-error.ts';
import type { ClientEnvironment } from './client-environment.ts';

/**
 * Parameters of the service that `parameters` or PGSERVICE name; empty when none is named.
 * PostgreSQL manual, section 32.17.
 * @throws ConfigurationError (file or service not found, syntax) with libpq's text.
 */
export async function readService(
  parameters: ConnectionParameters,
  environment: ClientEnvironment,
): Promise<ConnectionParameters> {
  const service = parameters.get('service') ?? environment.variables.PGSERVICE;
  if (service === undefined) return new Map();
  const userFile = parameters.get('servicefile') ?? environment.variables.PGSERVICEFILE;
  const files = [
    {
      path: userFile ?? join(environment.homeDirectory, '.pg_service.conf'),
      required: userFile !== undefined,
    },
    { path: join(environment.systemDirectory, 'pg_service.conf'), required: false },
  ];
  for (const { path, required } of files) {
    const text = await readServiceFile(path, required);
    const found = text === undefined ? undefined : parseServiceFile(text, service, path);
    if (found !== undefined) return found;
  }
  throw new ConfigurationError(`definition of service "${service}" not found`, {
    hint: `add a section [${service}] to ${files.map(({ path }) => path).join(' or ')}`,
    facts: { service },
  });
}

async function readServiceFile(path: string, required: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing && !required) return undefined;
    throw new ConfigurationError(`service file "${path}" ${missing ? 'not found' : 'cannot be read'}`, {
      cause,
      hint: 'correct PGSERVICEFILE or the permissions of the file',
      facts: { file: path },
    });
  }
}

/** Parameters of section `service`, or undefined when the file has no such section. */
export function parseServiceFile(
  text: string,
  service: string,
  path: string,
): ConnectionParameters | undefined {
  let found: Map<string, string> | undefined;
  for (const [index, rawLine] of text.split('\n').entries()) {
    const line = rawLine.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (found !== undefined) return found;
      if (line.startsWith(`[${service}]`)) found = new Map();
    } else if (found !== undefined) {
      storeLine(found, line, `service file "${path}", line ${index + 1}`);
    }
  }
  return found;
}

function storeLine(found: Map<string, string>, line: string, place: string): void {
  const separator = line.indexOf('=');
  const keyword = line.slice(0, Math.max(separator, 0));
  if (keyword === 'service' || keyword === 'servicefile') {
    throw new ConfigurationError(`nested service specifications not supported in ${place}`, {
      hint: `remove "${keyword}" from the section`,
    });
  }
  if (!isConninfoKeyword(keyword)) {
    throw new ConfigurationError(`syntax error in ${place}`, {
      detail: `the line is "${line.startsWith('password') ? 'password…' : line}"`,
      hint: 'write keyword=value without blanks around the equals sign; LDAP look-ups are not supported',
    });
  }
  // As in libpq, the first of several values wins.
  if (!found.has(keyword)) found.set(keyword, line.slice(separator + 1));
}
