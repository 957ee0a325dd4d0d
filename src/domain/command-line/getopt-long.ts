/** What a long or short option takes: nothing, a value, or a value only when joined to it with `=`. */
export type ArgumentKind = 'none' | 'required' | 'optional';

export interface LongOption {
  readonly name: string;
  readonly argument: ArgumentKind;
  /** Aliases of one option share it: an abbreviation that fits only them is not ambiguous. */
  readonly key: string;
}

export interface ShortOption {
  readonly letter: string;
  readonly argument: ArgumentKind;
  readonly key: string;
}

export interface OptionGrammar {
  readonly long: readonly LongOption[];
  readonly short: readonly ShortOption[];
}

/** One occurrence of an option; `value` is undefined where none was given. */
export interface OptionOccurrence {
  readonly key: string;
  readonly value: string | undefined;
}

export interface ScannedArguments {
  readonly occurrences: readonly OptionOccurrence[];
  readonly positionals: readonly string[];
  /** Unknown or ambiguous options and missing arguments, in the order met. */
  readonly problems: readonly string[];
}

interface Scan {
  readonly argv: readonly string[];
  readonly grammar: OptionGrammar;
  next: number;
  readonly occurrences: OptionOccurrence[];
  readonly positionals: string[];
  readonly problems: string[];
}

/**
 * Scans a command line as the C library's getopt_long does: options and words in any order, unique
 * abbreviations of long options, clusters of short ones, `--` ends the options.
 */
export function getoptLong(argv: readonly string[], grammar: OptionGrammar): ScannedArguments {
  const scan: Scan = { argv, grammar, next: 0, occurrences: [], positionals: [], problems: [] };
  while (scan.next < argv.length) {
    const word = argv[scan.next++] as string;
    if (word === '--') {
      scan.positionals.push(...argv.slice(scan.next));
      break;
    }
    if (word.startsWith('--')) scanLong(scan, word.slice(2));
    else if (word.startsWith('-') && word.length > 1) scanCluster(scan, word.slice(1));
    else scan.positionals.push(word);
  }
  return { occurrences: scan.occurrences, positionals: scan.positionals, problems: scan.problems };
}

function scanLong(scan: Scan, body: string): void {
  const equals = body.indexOf('=');
  const given = equals < 0 ? body : body.slice(0, equals);
  const joined = equals < 0 ? undefined : body.slice(equals + 1);
  const option = findLong(scan.grammar.long, given);
  if (option === 'unknown') {
    scan.problems.push(`unrecognized option '--${body}'`);
    return;
  }
  if (Array.isArray(option)) {
    const names = option.map(({ name }) => `'--${name}'`).join(' ');
    scan.problems.push(`option '--${body}' is ambiguous; possibilities: ${names}`);
    return;
  }
  if (option.argument === 'none' && joined !== undefined) {
    scan.problems.push(`option '--${option.name}' doesn't allow an argument`);
    return;
  }
  let value = joined;
  if (option.argument === 'required' && value === undefined) {
    if (scan.next >= scan.argv.length) {
      scan.problems.push(`option '--${option.name}' requires an argument`);
      return;
    }
    value = scan.argv[scan.next++];
  }
  scan.occurrences.push({ key: option.key, value });
}

function findLong(options: readonly LongOption[], given: string): LongOption | LongOption[] | 'unknown' {
  const exact = options.find((option) => option.name === given);
  if (exact !== undefined) return exact;
  const candidates = options.filter((option) => option.name.startsWith(given));
  const first = candidates[0];
  if (first === undefined) return 'unknown';
  const agree = candidates.every((option) => option.key === first.key && option.argument === first.argument);
  return agree ? first : candidates;
}

function scanCluster(scan: Scan, letters: string): void {
  const characters = Array.from(letters);
  for (let index = 0; index < characters.length; index++) {
    const letter = characters[index] as string;
    const option = scan.grammar.short.find((candidate) => candidate.letter === letter);
    if (option === undefined) {
      scan.problems.push(`invalid option -- '${letter}'`);
      continue;
    }
    if (option.argument === 'none') {
      scan.occurrences.push({ key: option.key, value: undefined });
      continue;
    }
    const rest = characters.slice(index + 1).join('');
    takeShortValue(scan, option, rest);
    return;
  }
}

function takeShortValue(scan: Scan, option: ShortOption, rest: string): void {
  if (rest !== '') scan.occurrences.push({ key: option.key, value: rest });
  else if (option.argument === 'optional') scan.occurrences.push({ key: option.key, value: undefined });
  else if (scan.next < scan.argv.length)
    scan.occurrences.push({ key: option.key, value: scan.argv[scan.next++] });
  else scan.problems.push(`option requires an argument -- '${option.letter}'`);
}
