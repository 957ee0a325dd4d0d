import { settingsOf } from '../setting.ts';
import { eventList } from '../value-types/event-list.ts';
import { string } from '../value-types/string.ts';

const setting = settingsOf('events');

export const eventSettings = {
  event_notification_command: setting({
    type: string(),
    default: '',
    reload: 'yes',
    example: '/usr/local/bin/repmgr-event %n %e %s "%t" "%d"',
    text:
      'Program run for each event, through the shell. %n is the node id, %e the event, %s 1 for success and ' +
      '0 for failure, %t the time, %d the details; some events also have %p (node id), %c (conninfo) and ' +
      '%a (name) of another node. Put "%t", "%d", "%c" and "%a" in double quotes.',
  }),
  event_notifications: setting({
    type: eventList,
    default: [],
    defaultText: 'all events',
    reload: 'yes',
    example: 'primary_register,standby_register,repmgrd_failover_promote',
    text: 'Events that event_notification_command is run for. All events are recorded in any case.',
  }),
};
