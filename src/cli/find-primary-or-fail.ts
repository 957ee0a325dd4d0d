import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import { type FoundPrimary, findPrimary } from '../operations/find-primary.ts';
import type { Connection } from '../ports/connection.ts';
import type { CommandContext } from './command.ts';

/**
 * The running primary, by what `metadata` knows of the cluster; its connection belongs to the caller.
 * @throws ConfigurationError when there is none.
 */
export async function findPrimaryOrFail(
  context: CommandContext,
  metadata: Connection,
): Promise<FoundPrimary> {
  const found = await findPrimary(context, metadata);
  if (found !== undefined) return found;
  throw new ConfigurationError('no running primary was found', {
    detail: `looked at all nodes that are registered in ${metadata.description}`,
    hint: '"repmgr cluster show" shows the state of every node',
  });
}
