import { settingsOf } from '../setting.ts';
import { boolean } from '../value-types/boolean.ts';
import { delay } from '../value-types/duration.ts';
import { string } from '../value-types/string.ts';

const setting = settingsOf('replication');

export const replicationSettings = {
  use_replication_slots: setting({
    type: boolean,
    default: false,
    reload: 'silent',
    text:
      'Whether standbys stream through physical replication slots, which keep WAL on the upstream until the ' +
      'standby has it. Watch the disk (max_slot_wal_keep_size): a standby that stays away fills it.',
  }),
  restore_command: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: 'cp /var/lib/postgresql/archive/%f %p',
    text: "PostgreSQL's restore_command, written into the replication configuration of a standby.",
  }),
  archive_cleanup_command: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: 'pg_archivecleanup /var/lib/postgresql/archive %r',
    text: "PostgreSQL's archive_cleanup_command, written into the replication configuration of a standby.",
  }),
  recovery_min_apply_delay: setting({
    type: delay,
    default: '',
    reload: 'silent',
    example: '30min',
    text:
      "PostgreSQL's recovery_min_apply_delay, written into the replication configuration of a standby. " +
      'A delayed standby should have priority 0.',
  }),
  use_primary_conninfo_password: setting({
    type: boolean,
    default: false,
    reload: 'silent',
    text:
      "Whether the value of PGPASSWORD is written into a standby's primary_conninfo, where anybody who reads " +
      'that file sees it. A password file is the better place.',
  }),
  passfile: setting({
    type: string(),
    default: '',
    reload: 'silent',
    example: '/var/lib/postgresql/.pgpass',
    text: "Password file named in a standby's primary_conninfo.",
  }),
};
