/** PostgreSQL's default. With it a promotion may sleep for five seconds after the stream broke. */
const defaultInterval = '5s';
const quickInterval = '100ms';

/**
 * Value of wal_retrieve_retry_interval for a standby, by what `current_setting` says of it elsewhere in the
 * cluster. Undefined where an administrator has set it, or it could not be read.
 */
export function quickRetryInterval(current: string | null | undefined): string | undefined {
  return current === defaultInterval ? quickInterval : undefined;
}
