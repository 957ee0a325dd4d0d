import { describe, expect, it } from 'vitest';
import {
  expandChildNodesDisconnectCommand,
  expandEventNotificationCommand,
  expandFailoverValidationCommand,
  expandFollowCommand,
} from '../../../src/config/expand-placeholders.ts';
import type { ClusterEvent } from '../../../src/domain/event.ts';

const event: ClusterEvent = {
  nodeId: 2,
  event: 'standby_register',
  successful: true,
  details: 'upstream is "node1" (ID: 1)',
  context: { nodeId: 1, conninfo: 'host=a b', nodeName: 'node1' },
};

function expandEvent(command: string, changes: Partial<ClusterEvent> = {}): string {
  return expandEventNotificationCommand(command, {
    event: { ...event, ...changes },
    timestamp: '2026-01-02 03:04',
  });
}

describe('event_notification_command', () => {
  it.each([
    ['x %n %e %s %p', 'x 2 standby_register 1 1'],
    ['x "%t" "%d"', String.raw`x "2026-01-02 03:04" "upstream is \"node1\" (ID: 1)"`],
    ['x "%c" "%a"', 'x "host=a b" "node1"'],
    ['date +%%Y %x %', 'date +%Y %x %'],
    ['%%n %n%n', '%n 22'],
    ['%\n%ä', '%\n%ä'],
  ])('%s', (command, expanded) => {
    expect(expandEvent(command)).toBe(expanded);
  });

  it('has nothing for a context and details that are not there', () => {
    const { context: _, ...bare } = event;
    expect(
      expandEventNotificationCommand('[%p|%c|%a|%d|%s]', {
        event: { ...bare, details: null, successful: false },
        timestamp: '',
      }),
    ).toBe('[||||0]');
  });

  it('leaves quotes alone that are escaped already, and values that look like placeholders', () => {
    expect(expandEvent('%d', { details: String.raw`a \"b\" "c" %n $& $1` })).toBe(
      String.raw`a \"b\" \"c\" %n $& $1`,
    );
  });
});

describe('other commands', () => {
  it('follow_command', () => {
    expect(expandFollowCommand('follow --upstream-node-id=%n %% %p', { nodeId: 3 })).toBe(
      'follow --upstream-node-id=3 % %p',
    );
  });

  it('failover_validation_command', () => {
    const candidate = {
      nodeId: 2,
      nodeName: 'node2',
      visibleNodes: 3,
      sharedUpstreamNodes: 2,
      totalNodes: 4,
    };
    expect(expandFailoverValidationCommand('x %n %a %v %u %t %% %d', candidate)).toBe('x 2 node2 3 2 4 % %d');
  });

  it('child_nodes_disconnect_command loses the percent sign of what it does not know', () => {
    expect(expandChildNodesDisconnectCommand('x %p %% %n %', { nodeId: 1 })).toBe('x 1 % n %');
  });
});
