import type { Settings } from '../config/settings.ts';

/** Path of a PostgreSQL program in pg_bindir, or its bare name to be found in PATH. */
export function programPath(settings: Pick<Settings, 'pg_bindir'>, program: string): string {
  return settings.pg_bindir === '' ? program : `${settings.pg_bindir.replace(/\/+$/, '')}/${program}`;
}
