import { renderCommandsReference } from './generate-commands-reference.ts';
import { renderExitStatuses } from './generate-exit-statuses.ts';
import { renderReliability } from './generate-reliability.ts';
import { renderSampleConfig } from './generate-sample-config.ts';
import { renderSettingsReference } from './generate-settings-reference.ts';

/** A file that is rendered from the code and committed. */
export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly render: () => string | Promise<string>;
}

/** Everything that `npm run generate` writes. */
export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'repmgr.conf.sample', render: renderSampleConfig },
  { path: 'docs/manual/reference/commands.md', render: renderCommandsReference },
  { path: 'docs/manual/reference/exit-statuses.md', render: renderExitStatuses },
  { path: 'docs/reliability.md', render: renderReliability },
  { path: 'docs/manual/reference/settings.md', render: renderSettingsReference },
];
