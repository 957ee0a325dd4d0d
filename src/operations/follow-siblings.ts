import { parseConninfo } from '../domain/conninfo/parse-conninfo.ts';
import { describeNode, type NodeRecord } from '../domain/node.ts';
import type { OperationContext } from './operation-context.ts';
import { type RemoteHost, runOverSsh, shellQuote, sshProblem } from './remote-shell.ts';

export interface SiblingOptions {
  /** `-R/--remote-user`. */
  readonly remoteUser?: string | undefined;
  /** `-L/--log-level`, handed on. */
  readonly logLevel?: string | undefined;
}

const followTimeoutMs = 180_000;

/** Active nodes with the same upstream, witnesses included. */
export function siblingsOf(nodes: readonly NodeRecord[], own: NodeRecord): readonly NodeRecord[] {
  return nodes.filter(
    (node) =>
      node.active &&
      node.nodeId !== own.nodeId &&
      node.upstreamNodeId !== null &&
      node.upstreamNodeId === own.upstreamNodeId,
  );
}

/** Where a node is reached over SSH: the host of its conninfo. */
function sshHostOf(node: NodeRecord, remoteUser?: string): RemoteHost {
  return { host: parseConninfo(node.conninfo).get('host') ?? '', user: remoteUser };
}

/** Asks all of them at the same time whether SSH gets through. */
export async function siblingReachability(
  context: OperationContext,
  siblings: readonly NodeRecord[],
  { remoteUser }: SiblingOptions,
): Promise<readonly { readonly node: NodeRecord; readonly isReachable: boolean }[]> {
  return Promise.all(
    siblings.map(async (node) => {
      const problem = await sshProblem(context, sshHostOf(node, remoteUser));
      if (problem !== undefined) context.log.warning(`${describeNode(node)}: ${problem}`);
      return { node, isReachable: problem === undefined };
    }),
  );
}

/**
 * Lets siblings follow the new primary, all at the same time, by running repmgr on their hosts: standbys follow,
 * witnesses are registered anew. A failure is a warning; returns how many did not.
 */
export async function letSiblingsFollow(
  context: OperationContext,
  request: {
    readonly siblings: readonly NodeRecord[];
    readonly newPrimary: NodeRecord;
    readonly options: SiblingOptions;
  },
): Promise<number> {
  const outcomes = await Promise.all(
    request.siblings.map((sibling) => letFollow(context, { ...request, sibling })),
  );
  return outcomes.filter((followed) => !followed).length;
}

async function letFollow(
  context: OperationContext,
  request: {
    readonly sibling: NodeRecord;
    readonly newPrimary: NodeRecord;
    readonly options: SiblingOptions;
  },
): Promise<boolean> {
  const { sibling, newPrimary, options } = request;
  const action =
    sibling.type === 'witness'
      ? ['witness', 'register', '-d', newPrimary.conninfo, '--force']
      : ['standby', 'follow'];
  const command = remoteRepmgr(context, sibling, { action, logLevel: options.logLevel });
  const remote = sshHostOf(sibling, options.remoteUser);
  const result = await runOverSsh(context, remote, { command, timeoutMs: followTimeoutMs });
  if (result.exitStatus === 0) {
    context.log.info(`${describeNode(sibling)} follows ${describeNode(newPrimary)}`);
    return true;
  }
  context.log.warning(`${describeNode(sibling)} does not follow ${describeNode(newPrimary)}`, {
    detail: result.stderr.trim().split('\n').slice(-4).join('\n'),
    hint: `run on host "${remote.host}": repmgr ${action.map(shellQuote).join(' ')}`,
  });
  return false;
}

/** Command line of repmgr on another host, in the form that its own repmgr would be called there. */
export function remoteRepmgr(
  { settings }: Pick<OperationContext, 'settings'>,
  node: Pick<NodeRecord, 'configFile'>,
  call: { readonly action: readonly string[]; readonly logLevel?: string | undefined },
): string {
  const directory = settings.settings.repmgr_bindir || settings.settings.pg_bindir;
  const program = directory === '' ? 'repmgr' : `${directory.replace(/\/+$/, '')}/repmgr`;
  const level = call.logLevel === undefined ? [] : ['-L', call.logLevel];
  return [program, '-f', node.configFile, ...level, ...call.action].map(shellQuote).join(' ');
}
