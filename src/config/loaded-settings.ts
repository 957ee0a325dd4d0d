import type { SettingName, Settings } from './settings.ts';

/** repmgr.conf as read. */
export interface LoadedSettings {
  readonly settings: Settings;
  /** Whether the file gives the parameter, be it with its default. */
  isSet(name: SettingName): boolean;
  /** Absolute path of the file that was read, not of those it includes; undefined when there is none. */
  readonly configFile: string | undefined;
  /** What is odd about the file but does not keep it from being used; each begins with file and line. */
  readonly warnings: readonly string[];
}
