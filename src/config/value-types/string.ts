import { type ParsedValue, rejected, understood, type ValueType } from './value-type.ts';

/** Longest string, in bytes of UTF-8, that a repmgr of the same cluster can read back. */
const MAX_STRING_BYTES = 1024;

export interface StringOptions {
  readonly maxBytes?: number;
}

/** A text taken literally, at most `maxBytes` (1024) bytes long. */
export function string({ maxBytes = MAX_STRING_BYTES }: StringOptions = {}): ValueType<string> {
  return {
    name: 'string',
    description: maxBytes === MAX_STRING_BYTES ? 'string' : `string, at most ${maxBytes} bytes`,
    limits: { maxBytes },
    parse: (text) => parseLimited(text, maxBytes),
    render: (value) => value,
  };
}

/** A file or folder name; doubled and trailing slashes and `/./` are taken out, as PostgreSQL does. */
export const path: ValueType<string> = {
  name: 'path',
  description: 'path',
  limits: { maxBytes: MAX_STRING_BYTES },
  parse: (text) => {
    const parsed = parseLimited(text, MAX_STRING_BYTES);
    return parsed.ok ? understood(canonicalPath(parsed.value)) : parsed;
  },
  render: (value) => value,
};

function parseLimited(text: string, maxBytes: number): ParsedValue<string> {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= maxBytes) return understood(text);
  return rejected(`must be at most ${maxBytes} bytes long, and has ${bytes}`);
}

/** Canonical form of a POSIX path; `..` stays, because what it leads to depends on symbolic links. */
export function canonicalPath(written: string): string {
  if (written === '') return '';
  const parts = written.split('/').filter((part) => part !== '' && part !== '.');
  if (written.startsWith('/')) return `/${parts.join('/')}`;
  return parts.length === 0 ? '.' : parts.join('/');
}
