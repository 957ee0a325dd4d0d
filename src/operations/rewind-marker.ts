import type { OperationContext } from './operation-context.ts';
import { stateDirectory } from './state-directory.ts';

/*
 * The marker stands from before pg_rewind until it has succeeded. Found at another time, it says that the data
 * directory is a mixture of two servers, which PostgreSQL itself would not notice at start.
 */
const markerName = 'rewind-in-progress.json';

type MarkerContext = Pick<OperationContext, 'adapters' | 'settings'>;

export async function isHalfRewound({ adapters, settings }: MarkerContext): Promise<boolean> {
  return adapters.files.exists(markerPath(settings));
}

export async function setRewindMarker(
  { adapters, settings }: MarkerContext,
  facts: { readonly primaryNodeId: number },
): Promise<void> {
  await adapters.files.makeDirectory(stateDirectory(settings.settings));
  const content = {
    ...facts,
    dataDirectory: settings.settings.data_directory,
    startedAt: adapters.clock.wallTime().toISOString(),
  };
  await adapters.files.writeDurably(markerPath(settings), `${JSON.stringify(content)}\n`);
}

export async function clearRewindMarker({ adapters, settings }: MarkerContext): Promise<void> {
  await adapters.files.removeFile(markerPath(settings));
}

function markerPath(settings: OperationContext['settings']): string {
  return `${stateDirectory(settings.settings)}/${markerName}`;
}
