/** What repmgr has to know of `pg_basebackup_options`; the rest is handed to pg_basebackup as it is. */
export interface BasebackupOptions {
  /** The options as pg_basebackup receives them. */
  readonly args: readonly string[];
  readonly slotName: string | null;
  readonly walMethod: WalMethod | null;
  readonly walDirectory: string | null;
  readonly noSlot: boolean;
  /** Why the options can't be used; empty when they can. */
  readonly problems: readonly string[];
}

export type WalMethod = 'none' | 'fetch' | 'stream';

type Recognised = 'slot' | 'walMethod' | 'walDirectory' | 'noSlot';

const longOptions: ReadonlyMap<string, Recognised> = new Map([
  ['slot', 'slot'],
  ['wal-method', 'walMethod'],
  ['xlog-method', 'walMethod'],
  ['waldir', 'walDirectory'],
  ['xlogdir', 'walDirectory'],
  ['no-slot', 'noSlot'],
]);
const shortOptions: ReadonlyMap<string, Recognised> = new Map([
  ['S', 'slot'],
  ['X', 'walMethod'],
]);
const walMethods: ReadonlyMap<string, WalMethod> = new Map([
  ['n', 'none'],
  ['none', 'none'],
  ['f', 'fetch'],
  ['fetch', 'fetch'],
  ['s', 'stream'],
  ['stream', 'stream'],
]);

/** Reads the setting `pg_basebackup_options` with the quoting rules of a POSIX shell. */
export function parseBasebackupOptions(text: string): BasebackupOptions {
  const problems: string[] = [];
  const args = splitWords(text);
  if (args === undefined) {
    problems.push('pg_basebackup_options: a quote is not closed');
    return { args: [], slotName: null, walMethod: null, walDirectory: null, noSlot: false, problems };
  }
  const found = recognise(args);
  const walDirectory = found.get('walDirectory') ?? null;
  if (walDirectory !== null && !walDirectory.startsWith('/')) {
    problems.push(`pg_basebackup_options: --waldir must be an absolute path, not "${walDirectory}"`);
  }
  const methodText = found.get('walMethod');
  const walMethod = methodText === undefined ? null : (walMethods.get(methodText) ?? null);
  if (methodText !== undefined && walMethod === null) {
    problems.push(`pg_basebackup_options: unknown --wal-method "${methodText}"`);
  }
  const slotName = found.get('slot') ?? null;
  const noSlot = found.has('noSlot');
  if (noSlot && slotName !== null) {
    problems.push('pg_basebackup_options: --no-slot and --slot exclude each other');
  }
  return { args, slotName, walMethod, walDirectory, noSlot, problems };
}

/** The same options with another separate WAL directory, or with none. */
export function withWalDirectory(options: BasebackupOptions, walDirectory: string | null): BasebackupOptions {
  const args: string[] = [];
  let isItsValue = false;
  for (const arg of options.args) {
    if (isItsValue) {
      isItsValue = false;
      continue;
    }
    const option = readOption(arg);
    if (option?.name !== 'walDirectory') args.push(arg);
    else isItsValue = option.value === undefined;
  }
  if (walDirectory !== null) args.push(`--waldir=${walDirectory}`);
  return { ...options, args, walDirectory };
}

function recognise(args: readonly string[]): Map<Recognised, string> {
  const found = new Map<Recognised, string>();
  let waiting: Recognised | undefined;
  for (const arg of args) {
    if (waiting !== undefined) {
      found.set(waiting, arg);
      waiting = undefined;
      continue;
    }
    const option = readOption(arg);
    if (option === undefined) continue;
    if (option.name === 'noSlot') found.set('noSlot', '');
    else if (option.value === undefined) waiting = option.name;
    else found.set(option.name, option.value);
  }
  return found;
}

function readOption(
  arg: string,
): { readonly name: Recognised; readonly value: string | undefined } | undefined {
  const long = /^--([^=]+)(?:=(.*))?$/s.exec(arg);
  if (long !== null) {
    const name = longOptions.get(long[1] ?? '');
    return name === undefined ? undefined : { name, value: long[2] };
  }
  const short = /^-([A-Za-z])(.*)$/s.exec(arg);
  const name = shortOptions.get(short?.[1] ?? '');
  if (short === null || name === undefined) return undefined;
  return { name, value: short[2] === '' ? undefined : short[2] };
}

/** Words of a shell command line without expansions; undefined when a quote stays open. */
function splitWords(text: string): string[] | undefined {
  const pattern = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(.)/gsu;
  const words: string[] = [];
  let word: string | undefined;
  for (const [piece, single, double, escaped, plain] of text.matchAll(pattern)) {
    if (single !== undefined) word = (word ?? '') + single;
    else if (double !== undefined) word = (word ?? '') + double.replaceAll(/\\(["\\$`])/gsu, '$1');
    else if (escaped !== undefined) word = (word ?? '') + escaped;
    else if (plain !== undefined) word = (word ?? '') + plain;
    else if (/^\s/u.test(piece)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else return undefined;
  }
  if (word !== undefined) words.push(word);
  return words;
}
