/** What stands where the data directory shall be. */
export type TargetState =
  | { readonly kind: 'absent' | 'notADirectory' | 'empty' | 'notEmpty' }
  | {
      readonly kind: 'dataDirectory';
      readonly majorVersion: number;
      readonly livePostmasterPid: number | undefined;
    };

export type TargetVerdict =
  /** The directory has to be made. */
  | { readonly kind: 'create' }
  /** It is there and empty. */
  | { readonly kind: 'use' }
  /** Its content is to be replaced: cloned beside and swapped in once the copy is good. */
  | { readonly kind: 'replace'; readonly message: string }
  | { readonly kind: 'refuse'; readonly message: string; readonly hint: string };

/** What a clone may do with the directory that it is to fill. `force` never extends to a running server. */
export function judgeTargetDirectory(
  path: string,
  state: TargetState,
  options: { readonly force: boolean },
): TargetVerdict {
  switch (state.kind) {
    case 'absent':
      return { kind: 'create' };
    case 'empty':
      return { kind: 'use' };
    case 'notADirectory':
      return refuse(`"${path}" is not a directory`, 'choose another data_directory');
    case 'notEmpty':
      return options.force
        ? { kind: 'replace', message: `"${path}" is not empty and will be replaced` }
        : refuse(`"${path}" is not empty`, 'empty it yourself, or use -F/--force to replace it');
    case 'dataDirectory':
      return judgeDataDirectory(path, state, options);
  }
}

function judgeDataDirectory(
  path: string,
  state: Extract<TargetState, { kind: 'dataDirectory' }>,
  { force }: { readonly force: boolean },
): TargetVerdict {
  if (state.livePostmasterPid !== undefined) {
    return refuse(
      `a PostgreSQL server (process ${state.livePostmasterPid}) is running in "${path}"`,
      'stop it before cloning; --force does not override this',
    );
  }
  const message = `"${path}" holds the data of a PostgreSQL ${state.majorVersion} server`;
  return force
    ? { kind: 'replace', message: `${message} and will be replaced` }
    : refuse(message, 'use -F/--force to replace it; it is kept until the new copy is complete');
}

function refuse(message: string, hint: string): TargetVerdict {
  return { kind: 'refuse', message, hint };
}
