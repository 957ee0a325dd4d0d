import { readFile, stat } from 'node:fs/promises';

/** What a line of the password file must match. */
export interface PassfileKey {
  readonly host: string;
  readonly port: string;
  readonly dbname: string;
  readonly user: string;
}

export interface Passfile {
  readonly text: string;
  /** Why the file was ignored; libpq writes the same to stderr. */
  readonly warning?: string;
}

const nothing: Passfile = { text: '' };

/** Reads a password file; a missing one is empty. PostgreSQL manual, section 32.16. */
export async function readPassfile(path: string): Promise<Passfile> {
  try {
    const status = await stat(path);
    if (!status.isFile()) return { text: '', warning: `password file "${path}" is not a plain file` };
    if ((status.mode & 0o077) !== 0) {
      return {
        text: '',
        warning: `password file "${path}" has group or world access; permissions should be u=rw (0600) or less`,
      };
    }
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return nothing;
    return { text: '', warning: `password file "${path}" cannot be read: ${(error as Error).message}` };
  }
}

/** Password of the first line that matches, with its escapes removed. */
export function findPassword(text: string, key: PassfileKey): string | undefined {
  for (const rawLine of text.split('\n')) {
    const line = rawLine.endsWith('\r') ? rawLine.slice(0, -1) : rawLine;
    if (line === '' || line.startsWith('#')) continue;
    let rest: string | undefined = line;
    for (const wanted of [key.host, key.port, key.dbname, key.user]) {
      rest = rest === undefined ? undefined : matchField(rest, wanted);
    }
    if (rest !== undefined) return unescapedField(rest);
  }
  return undefined;
}

/** A colon that belongs to the password is escaped, like a backslash. */
function unescapedField(text: string): string {
  const [field = ''] = /^(?:\\.|[^:])*/s.exec(text) ?? [];
  return field.replace(/\\(.)/gs, '$1');
}

/** The line after its first field, when that field is `*` or equals `wanted` after removing escapes. */
function matchField(line: string, wanted: string): string | undefined {
  if (line.startsWith('*:')) return line.slice(2);
  let position = 0;
  let matched = 0;
  while (position < line.length) {
    if (line[position] === ':' && matched === wanted.length) return line.slice(position + 1);
    if (line[position] === '\\') position++;
    if (matched === wanted.length || line[position] !== wanted[matched]) return undefined;
    position++;
    matched++;
  }
  return undefined;
}
