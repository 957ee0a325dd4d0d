import { describeNode } from '../../../domain/node.ts';
import { describeAttachment } from '../../../operations/wait-for-attachment.ts';
import type { Registration } from './gather-registration.ts';

export interface Remark {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly hint?: string;
}

export interface RegistrationVerdict {
  readonly refused: boolean;
  readonly remarks: readonly Remark[];
}

/** Decides whether a standby may be registered, and what is to be said about it. */
export function judgeRegistration(
  registration: Registration,
  { force }: { readonly force: boolean },
): RegistrationVerdict {
  const remarks = [
    ...judgeVersions(registration),
    ...judgeIdentity(registration, force),
    ...(registration.upstream.isNamed
      ? judgeNamedUpstream(registration, force)
      : judgePrimary(registration, force)),
  ];
  return { refused: remarks.some(({ level }) => level === 'error'), remarks };
}

function majorOf(serverVersionNum: number): number {
  return Math.floor(serverVersionNum / 10_000);
}

function judgeVersions({ local, primary }: Registration): Remark[] {
  if (local === undefined) return [];
  const here = majorOf(local.serverVersionNum);
  const there = majorOf(primary.connection.serverVersionNum);
  if (here < 12) {
    return [
      {
        level: 'error',
        message: `PostgreSQL ${here} is not supported`,
        hint: 'PostgreSQL 12 or later is needed',
      },
    ];
  }
  if (here === there) return [];
  return [
    {
      level: 'error',
      message: `this node runs PostgreSQL ${here}, but the primary, ${describeNode(primary.node)}, runs ${there}`,
      hint: 'physical replication needs the same major version on both',
    },
  ];
}

function judgeIdentity({ namesake, existing }: Registration, force: boolean): Remark[] {
  if (namesake !== undefined) {
    const message = `another active node has the name "${namesake.nodeName}" already (ID: ${namesake.nodeId})`;
    return [{ level: 'error', message, hint: 'give this node another "node_name" in repmgr.conf' }];
  }
  if (existing === undefined || force) return [];
  const message = `${describeNode(existing)} is already registered, as ${existing.type}`;
  return [{ level: 'error', message, hint: 'use -F/--force to overwrite the record' }];
}

/** An obstacle that --force turns into a warning. */
function obstacle(force: boolean, message: string, hint: string): Remark[] {
  return [force ? { level: 'warning', message } : { level: 'error', message, hint }];
}

const forceHint = 'use -F/--force to register it all the same';

function judgeNamedUpstream({ upstream, self }: Registration, force: boolean): Remark[] {
  const { nodeId, node, attachment } = upstream;
  if (nodeId === self.nodeId) {
    const message = `the ID given with --upstream-node-id, ${nodeId}, is that of this node`;
    return [{ level: 'error', message, hint: 'name the node that this one streams from' }];
  }
  if (node === undefined) {
    const message = `there is no record of the upstream node, ID ${nodeId}`;
    if (!force)
      return obstacle(force, message, 'register it first, or use -F/--force to record a placeholder for it');
    return [{ level: 'notice', message: `${message}; an inactive placeholder is recorded for it` }];
  }
  if (!node.active) {
    const message = `the upstream, ${describeNode(node)}, is marked as inactive`;
    return force ? [{ level: 'notice', message }] : obstacle(force, message, forceHint);
  }
  if (attachment === 'attached' || attachment === null) return [];
  if (attachment === 'unreachable') {
    return obstacle(force, `the upstream, ${describeNode(node)}, cannot be reached`, forceHint);
  }
  const message = `${describeNode(self)} is ${describeAttachment(attachment)} on its upstream, ${describeNode(node)}`;
  return obstacle(force, message, forceHint);
}

/** Without --upstream-node-id the primary is taken for the upstream, which is checked for a new node. */
function judgePrimary({ upstream, primary, self }: Registration, force: boolean): Remark[] {
  const { attachment } = upstream;
  if (attachment === null || attachment === 'unreachable') return [];
  const assumption: Remark = {
    level: 'warning',
    message: `--upstream-node-id was not given; the primary, ${describeNode(primary.node)}, is taken for the upstream`,
  };
  if (attachment === 'attached') return [assumption];
  const message = `${describeNode(self)} is ${describeAttachment(attachment)} on the primary, ${describeNode(primary.node)}`;
  const hint =
    'if it streams from another node, name that with --upstream-node-id; -F/--force registers it all the same';
  return [assumption, ...obstacle(force, message, hint)];
}
