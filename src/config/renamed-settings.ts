/** Names of old versions of repmgr, which are reported and not applied, with what to write instead. */
const adviceFor: ReadonlyMap<string, string> = new Map([
  ['cluster', 'it has no meaning any more; remove it'],
  ['node', 'write node_id'],
  ['upstream_node', 'give --upstream-node-id when the standby is cloned or registered'],
  ['loglevel', 'write log_level'],
  ['logfacility', 'write log_facility'],
  ['logfile', 'write log_file'],
  ['master_reponse_timeout', 'write async_query_timeout'],
  ['master_response_timeout', 'write async_query_timeout'],
  ['retry_promote_interval_secs', 'write primary_notification_timeout'],
]);

/** Warning about a parameter that was renamed or removed; undefined for all other names. */
export function warnOfRenamed(name: string): string | undefined {
  const advice = adviceFor.get(name);
  return advice === undefined ? undefined : `"${name}" is of an old version and is ignored; ${advice}`;
}
