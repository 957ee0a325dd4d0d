/** Path of one of PostgreSQL's programs; a bare name, to be found in PATH, when pg_bindir is empty. */
export function postgresProgram(pgBindir: string, name: string): string {
  return pgBindir === '' ? name : `${pgBindir.replace(/\/+$/, '')}/${name}`;
}
