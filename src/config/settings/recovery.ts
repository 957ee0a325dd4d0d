import { settingsOf } from '../setting.ts';
import { boolean } from '../value-types/boolean.ts';
import { choice } from '../value-types/choice.ts';
import { duration } from '../value-types/duration.ts';

const setting = settingsOf('recovery', { inRepmgr: false });

const DAY_MS = 86_400_000;

export const recoverySettings = {
  primary_crash_action: setting({
    type: choice(['auto', 'restart', 'failover']),
    default: 'auto',
    reload: 'yes',
    text:
      'What repmgrd does when PostgreSQL has crashed on the primary: start it again, hand over to a standby, ' +
      'or decide by evidence (auto): hand over where a standby has everything and crash recovery would take ' +
      'longer, start it again otherwise.',
  }),
  primary_restart_timeout: setting({
    type: duration({ unit: 's', minMs: 1_000, maxMs: DAY_MS }),
    default: 60_000,
    reload: 'yes',
    text: 'How long a crashed primary may take to come back by itself before repmgrd hands over.',
  }),
  crash_window: setting({
    type: duration({ unit: 's', minMs: 0, maxMs: 30 * DAY_MS }),
    default: 600_000,
    reload: 'yes',
    text: 'A primary that crashes twice within this time is not started again in place.',
  }),
  auto_rejoin: setting({
    type: boolean,
    default: true,
    reload: 'yes',
    text: 'Whether a failed primary is brought back as a standby of the new one, with pg_rewind if need be.',
  }),
  auto_reclone: setting({
    type: boolean,
    default: true,
    reload: 'yes',
    text:
      'Whether such a node is cloned anew when pg_rewind is not possible and there is room beside the old ' +
      'data directory, which is kept until the clone streams.',
  }),
  diverged_retention: setting({
    type: duration({ unit: 'd', minMs: 0, maxMs: 3650 * DAY_MS }),
    default: 14 * DAY_MS,
    reload: 'yes',
    text: 'How long WAL that a rejoin threw away is kept in the state directory.',
  }),
  recovery_wait: setting({
    type: duration({ unit: 's', minMs: 0, maxMs: DAY_MS }),
    default: 60_000,
    reload: 'yes',
    text:
      'How long an election waits for a node whose last WAL position is not known yet. After that an ' +
      'operator decides, or failover_allow_data_loss.',
  }),
  failover_allow_data_loss: setting({
    type: boolean,
    default: false,
    reload: 'yes',
    text:
      'Whether a standby is promoted also when it cannot be shown to have every commit that was confirmed ' +
      'to a client under synchronous replication.',
  }),
  candidate_catchup_timeout: setting({
    type: duration({ unit: 's', minMs: 0, maxMs: DAY_MS }),
    default: 10_000,
    reload: 'yes',
    text: 'How long a candidate may take to fetch WAL that a node which is not to be promoted has more of.',
  }),
};
