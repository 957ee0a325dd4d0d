import { settingsOf } from '../setting.ts';
import { integer } from '../value-types/integer.ts';

const setting = settingsOf('thresholds');

export const thresholdSettings = {
  archive_ready_warning: setting({
    type: integer({ min: 1 }),
    default: 16,
    reload: 'silent',
    text: 'Number of WAL files waiting to be archived from which "node check" warns.',
  }),
  archive_ready_critical: setting({
    type: integer({ min: 1 }),
    default: 128,
    reload: 'silent',
    text: 'Number of WAL files waiting to be archived that "node check" finds critical; above the warning.',
  }),
  replication_lag_warning: setting({
    type: integer({ min: 1, unit: 's' }),
    default: 300,
    reload: 'silent',
    text: 'Replication lag from which "node check" warns.',
  }),
  replication_lag_critical: setting({
    type: integer({ min: 1, unit: 's' }),
    default: 600,
    reload: 'silent',
    text: 'Replication lag that "node check" finds critical; above the warning.',
  }),
};
