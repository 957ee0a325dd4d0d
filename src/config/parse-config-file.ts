import { dirname, join, resolve } from 'node:path';
import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import type { ConfigFiles } from './config-files.ts';
import { type ConfigEntry, parseConfigText } from './syntax/parse-config-text.ts';

/** A parameter with the file that it stands in. */
export interface LocatedEntry extends ConfigEntry {
  readonly file: string;
}

export interface ParsedConfig {
  readonly entries: readonly LocatedEntry[];
  /** Each begins with `file:line: ` where there is a line. */
  readonly problems: readonly string[];
}

/** As in PostgreSQL: the file itself is at depth 0. */
const DEEPEST_INCLUDE = 10;

const directives = ['include', 'include_if_exists', 'include_dir'] as const;

/**
 * Reads a file and all that it includes, in the order of the text. Problems are collected, not thrown; a file
 * that is missing or unreadable is one too.
 */
export async function parseConfigFile(file: string, files: ConfigFiles): Promise<ParsedConfig> {
  const reading = new ConfigReading(files);
  await reading.readMain(file);
  return reading;
}

class ConfigReading implements ParsedConfig {
  readonly entries: LocatedEntry[] = [];
  readonly problems: string[] = [];
  readonly #files: ConfigFiles;

  constructor(files: ConfigFiles) {
    this.#files = files;
  }

  async readMain(file: string): Promise<void> {
    const content = await this.#attempt('', () => this.#files.readFile(file));
    if (content === 'failed') return;
    if (content === undefined) this.problems.push(`file "${file}" does not exist`);
    else await this.#takeFile(content, [file]);
  }

  /** `chain` is the file and those that led to it, the main file last. */
  async #takeFile(content: Uint8Array, chain: readonly [string, ...string[]]): Promise<void> {
    const [file] = chain;
    const { entries, problems } = parseConfigText(new TextDecoder().decode(content));
    this.problems.push(...problems.map(({ line, text }) => `${file}:${line}: ${text}`));
    for (const entry of entries) {
      const directive = directives.find((name) => name === entry.name.toLowerCase());
      if (directive === undefined) this.entries.push({ ...entry, file });
      else await this.#include(directive, entry, chain);
    }
  }

  async #include(
    directive: (typeof directives)[number],
    { value, quoted, line }: ConfigEntry,
    chain: readonly [string, ...string[]],
  ): Promise<void> {
    const place = `${chain[0]}:${line}: `;
    if (!quoted || value === '') {
      this.problems.push(`${place}syntax error: ${directive} needs a name in single quotes`);
      return;
    }
    const path = resolve(dirname(chain[0]), value);
    if (directive === 'include_dir') await this.#includeDirectory(path, place, chain);
    else await this.#includeFile(path, { place, chain, mayBeMissing: directive === 'include_if_exists' });
  }

  async #includeDirectory(path: string, place: string, chain: readonly [string, ...string[]]): Promise<void> {
    const listed = await this.#attempt(place, () => this.#files.listDirectory(path));
    if (listed === 'failed') return;
    if (listed === undefined) {
      this.problems.push(`${place}folder "${path}" does not exist`);
      return;
    }
    const names = listed.filter((entry) => !entry.isDirectory && isIncluded(entry.name));
    for (const { name } of names.toSorted((a, b) => compareBytes(a.name, b.name))) {
      await this.#includeFile(join(path, name), { place, chain, mayBeMissing: false });
    }
  }

  async #includeFile(
    path: string,
    {
      place,
      chain,
      mayBeMissing,
    }: { place: string; chain: readonly [string, ...string[]]; mayBeMissing: boolean },
  ): Promise<void> {
    if (chain.includes(path)) {
      this.problems.push(`${place}"${path}" includes itself`);
      return;
    }
    if (chain.length > DEEPEST_INCLUDE) {
      this.problems.push(`${place}"${path}" is included more than ${DEEPEST_INCLUDE} levels deep`);
      return;
    }
    const content = await this.#attempt(place, () => this.#files.readFile(path));
    if (content === 'failed') return;
    if (content !== undefined) await this.#takeFile(content, [path, ...chain]);
    else if (!mayBeMissing) this.problems.push(`${place}file "${path}" does not exist`);
  }

  async #attempt<Result>(place: string, read: () => Promise<Result>): Promise<Result | 'failed'> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      this.problems.push(`${place}${error.message}`);
      return 'failed';
    }
  }
}

function isIncluded(name: string): boolean {
  return name.endsWith('.conf') && name.length >= 6 && !name.startsWith('.');
}

function compareBytes(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => new TextEncoder().encode(name)) as [Uint8Array, Uint8Array];
  const difference = left.findIndex((byte, index) => byte !== right[index]);
  if (difference === -1) return left.length - right.length;
  return (left[difference] ?? 0) - (right[difference] ?? -1);
}
