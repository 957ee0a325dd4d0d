import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import { applyEntries } from './apply-entries.ts';
import type { ConfigFiles } from './config-files.ts';
import { type FindOptions, findConfigFile } from './find-config-file.ts';
import type { LoadedSettings } from './loaded-settings.ts';
import { parseConfigFile } from './parse-config-file.ts';
import { configFilesOnDisk } from './read-config-files.ts';
import { defaultSettings } from './settings.ts';
import { questionSettings, type SettingsProblem, validateSettings } from './validate-settings.ts';

export interface LoadOptions extends Omit<FindOptions, 'files'> {
  /** The disk of this host when left out. */
  readonly files?: ConfigFiles | undefined;
}

/**
 * Finds and reads repmgr.conf. Without a file the settings are the defaults and `configFile` is undefined.
 * @throws ConfigurationError that lists all problems of the file
 */
export async function loadSettings(options: LoadOptions): Promise<LoadedSettings> {
  const files = options.files ?? configFilesOnDisk;
  const found = await findConfigFile({ ...options, files });
  if (found.path !== undefined) return loadFile(found.path, files);
  return {
    settings: defaultSettings(),
    isSet: () => false,
    configFile: undefined,
    warnings: found.warnings,
  };
}

async function loadFile(path: string, files: ConfigFiles): Promise<LoadedSettings> {
  const parsed = await parseConfigFile(path, files);
  const applied = applyEntries(parsed.entries);
  refuse(path, [...parsed.problems, ...applied.problems], applied.warnings);
  const { settings, places } = applied;
  const loaded = { settings, isSet: (name: keyof typeof settings) => places.has(name) };
  const located = ({ about, text }: SettingsProblem): string => `${places.get(about) ?? path}: ${text}`;
  refuse(path, validateSettings(loaded).map(located), applied.warnings);
  return {
    ...loaded,
    configFile: path,
    warnings: [...applied.warnings, ...questionSettings(loaded).map(located)],
  };
}

/** The warnings may tell why: a misspelt name is a parameter that is missing. */
function refuse(path: string, problems: readonly string[], warnings: readonly string[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? 'an error' : `${problems.length} errors`;
  throw new ConfigurationError(
    [`configuration file "${path}" has ${count}:`, ...problems.map((problem) => `  ${problem}`)].join('\n'),
    {
      ...(warnings.length === 0 ? {} : { detail: warnings.join('\n') }),
      hint: 'Correct the file; every parameter is described in repmgr.conf.sample.',
      facts: { file: path, problems: problems.length },
    },
  );
}
