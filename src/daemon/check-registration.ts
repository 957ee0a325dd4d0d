import { localDaemonAddress } from '../operations/daemon-access.ts';
import type { Node } from './node.ts';
import type { Registration } from './read-registration.ts';

const repeatMs = 60_000;

/**
 * Says when this daemon can't be the voter that is registered: its state directory was lost, or it listens
 * elsewhere. Both look healthy from outside until the vote is missing.
 */
export function checkRegistration(node: Node, { voters, own }: Registration, incarnation: string): void {
  const { log, nodeId } = node;
  const { node_name: nodeName } = node.settings.settings;
  if (own === undefined) {
    log.warning(`node "${nodeName}" (ID: ${nodeId}) is not registered any more`, {
      hint: 'register it again, or stop this repmgrd',
      atMostEvery: { id: 'not-registered', intervalMs: repeatMs },
    });
    return;
  }
  const problem = mismatch(node, voters, incarnation);
  if (problem === undefined) return;
  log.warning(`node "${nodeName}" (ID: ${nodeId}) has no vote: ${problem}`, {
    hint: `run "repmgr ${own.type} register --force" on this node`,
    atMostEvery: { id: 'not-the-registered-voter', intervalMs: repeatMs },
  });
}

function mismatch(node: Node, voters: Registration['voters'], incarnation: string): string | undefined {
  const registered = voters.find((voter) => voter.nodeId === node.nodeId);
  if (registered === undefined) return 'its repmgrd has no registered address';
  if (registered.incarnation !== incarnation)
    return 'its state directory is not the one that it was registered with';
  const { host, port } = localDaemonAddress(node);
  if (registered.host === host && registered.port === port) return undefined;
  return `its repmgrd is registered at ${registered.host}:${registered.port}, but configured as ${host}:${port}`;
}
