import type { ServerContext } from '../server/server-context.ts';

type FileContext = Pick<ServerContext, 'files' | 'settings'>;

/** With this file the server starts as a standby (manual 27.2.4); the content is for people only. */
export function writeStandbySignal(context: FileContext): Promise<void> {
  return context.files.writeDurably(pathOf(context), '# created by repmgr\n', { mode: 0o600 });
}

export async function removeStandbySignal(context: FileContext): Promise<void> {
  await context.files.removeFile(pathOf(context));
}

export function hasStandbySignal(context: FileContext): Promise<boolean> {
  return context.files.exists(pathOf(context));
}

function pathOf({ settings }: FileContext): string {
  return `${settings.data_directory}/standby.signal`;
}
