import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeId } from '../../../src/domain/node.ts';
import {
  letSiblingsFollow,
  remoteRepmgr,
  siblingReachability,
  siblingsOf,
} from '../../../src/operations/follow-siblings.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import { nodeRecord } from '../../fakes/fake-cluster.ts';
import { FakeRunner } from '../../fakes/fake-host.ts';
import { type FakeOperationContext, operationContext } from '../../fakes/operation-context.ts';
import { partialPort } from '../../fakes/partial-port.ts';

let runner: FakeRunner;
let context: FakeOperationContext;

beforeEach(() => {
  runner = new FakeRunner();
  context = operationContext(partialPort<Adapters>('Adapters', { runner }), { ssh_options: '-q' });
});

const on = (host: string) => ({ conninfo: `host=${host} dbname=repmgr` });
const standby = nodeRecord(3, on('c'));
const witness = nodeRecord(4, { ...on('d'), type: 'witness' });

describe('siblingsOf', () => {
  it('are the active nodes below the same upstream, witnesses included', () => {
    const own = nodeRecord(2);
    const cascaded = nodeRecord(5, { upstreamNodeId: 2 as NodeId });
    const inactive = nodeRecord(6, { active: false });
    const nodes = [nodeRecord(1), own, standby, witness, cascaded, inactive];
    expect(siblingsOf(nodes, own).map(({ nodeId }) => nodeId)).toEqual([3, 4]);
  });

  it('of a node without upstream are none', () => {
    expect(siblingsOf([nodeRecord(1), nodeRecord(7, { upstreamNodeId: null })], nodeRecord(1))).toEqual([]);
  });
});

describe('siblingReachability', () => {
  it('asks each host, and says which does not answer', async () => {
    runner.resultOf = (spec) => ({ exitStatus: spec.command.includes(' d ') ? 255 : 0 });
    const answers = await siblingReachability(context, [standby, witness], {});
    expect(answers.map(({ isReachable }) => isReachable)).toEqual([true, false]);
    expect(context.messages()).toEqual([expect.stringContaining('node "node4" (ID: 4)')]);
  });
});

describe('letSiblingsFollow', () => {
  const request = { newPrimary: nodeRecord(2, on('b')), options: {} };

  it('lets standbys follow and witnesses register again', async () => {
    expect(await letSiblingsFollow(context, { ...request, siblings: [standby, witness] })).toBe(0);
    expect(runner.commands).toEqual([
      `ssh -o Batchmode=yes -q c 'repmgr -f /etc/repmgr/node3.conf standby follow'`,
      String.raw`ssh -o Batchmode=yes -q d 'repmgr -f /etc/repmgr/node4.conf witness register -d '\''host=b dbname=repmgr'\'' --force'`,
    ]);
  });

  it('counts and explains failures, but goes on', async () => {
    runner.resultOf = (spec) =>
      spec.command.includes('standby follow') ? { exitStatus: 23, stderr: 'ERROR: no\n' } : {};
    expect(await letSiblingsFollow(context, { ...request, siblings: [standby, witness] })).toBe(1);
    expect(context.records).toContainEqual(
      expect.objectContaining({
        level: 'warning',
        detail: 'ERROR: no',
        hint: 'run on host "c": repmgr standby follow',
      }),
    );
  });

  it('hands on remote user and log level', async () => {
    const options = { remoteUser: 'postgres', logLevel: 'DEBUG' };
    await letSiblingsFollow(context, { ...request, siblings: [standby], options });
    expect(runner.commands).toEqual([
      `ssh -o Batchmode=yes -q postgres@c 'repmgr -f /etc/repmgr/node3.conf -L DEBUG standby follow'`,
    ]);
  });
});

describe('remoteRepmgr', () => {
  const call = { action: ['node', 'status'] };
  const text = (settings: Parameters<typeof operationContext>[1]): string =>
    remoteRepmgr(operationContext(context.adapters, settings), standby, call);

  it('is found in repmgr_bindir, else in pg_bindir, else in PATH', () => {
    expect(text({ repmgr_bindir: '/opt/repmgr/', pg_bindir: '/opt/pg' })).toBe(
      '/opt/repmgr/repmgr -f /etc/repmgr/node3.conf node status',
    );
    expect(text({ pg_bindir: '/opt/pg' })).toBe('/opt/pg/repmgr -f /etc/repmgr/node3.conf node status');
    expect(text({})).toBe('repmgr -f /etc/repmgr/node3.conf node status');
  });
});
