import type { CommandSpec } from './command-spec.ts';
import { commandTable } from './commands.ts';

export type Resolution =
  | { readonly kind: 'command'; readonly spec: CommandSpec; readonly arguments: readonly string[] }
  /** Only a noun: enough for its help. */
  | { readonly kind: 'noun'; readonly noun: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown'; readonly problem: string; readonly noun: string | undefined };

/** Finds the command that the words of a command line name; case does not matter. */
export function resolveCommand(positionals: readonly string[]): Resolution {
  const [nounWord, actionWord, ...rest] = positionals;
  if (nounWord === undefined) return { kind: 'nothing' };
  const noun = nounWord.toLowerCase();
  const spellings = commandTable.flatMap((spec) =>
    [spec.path, ...(spec.aliases ?? [])].map((words) => ({ words, spec })),
  );
  const ofNoun = spellings.filter(({ words }) => words[0] === noun);
  if (ofNoun.length === 0) {
    return { kind: 'unknown', problem: `there is no command "${nounWord}"`, noun: undefined };
  }
  if (actionWord === undefined) return { kind: 'noun', noun };
  const found = ofNoun.find(({ words }) => words[1] === actionWord.toLowerCase());
  if (found !== undefined) return { kind: 'command', spec: found.spec, arguments: rest };
  return { kind: 'unknown', problem: `there is no command "${nounWord} ${actionWord}"`, noun };
}
