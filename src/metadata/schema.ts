/**
 * The tables and views that repmgr 5.5 keeps in schema `repmgr`, column by column, so that existing queries,
 * monitoring and clusters go on working. Created in this order.
 */
export const schemaStatements: readonly string[] = [
  'CREATE SCHEMA IF NOT EXISTS repmgr',
  `CREATE TABLE repmgr.nodes (
    node_id          integer     PRIMARY KEY,
    upstream_node_id integer     NULL REFERENCES repmgr.nodes (node_id) DEFERRABLE,
    active           boolean     NOT NULL DEFAULT true,
    node_name        text        NOT NULL,
    type             text        NOT NULL CHECK (type IN ('primary', 'standby', 'witness', 'bdr')),
    location         text        NOT NULL DEFAULT 'default',
    priority         integer     NOT NULL DEFAULT 100,
    conninfo         text        NOT NULL,
    repluser         varchar(63) NOT NULL,
    slot_name        text        NULL,
    config_file      text        NOT NULL
  )`,
  `CREATE TABLE repmgr.events (
    node_id         integer     NOT NULL,
    event           text        NOT NULL,
    successful      boolean     NOT NULL DEFAULT true,
    event_timestamp timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    details         text        NULL
  )`,
  `CREATE TABLE repmgr.monitoring_history (
    primary_node_id           integer     NOT NULL,
    standby_node_id           integer     NOT NULL,
    last_monitor_time         timestamptz NOT NULL,
    last_apply_time           timestamptz NULL,
    last_wal_primary_location pg_lsn      NOT NULL,
    last_wal_standby_location pg_lsn      NULL,
    replication_lag           bigint      NOT NULL,
    apply_lag                 bigint      NOT NULL
  )`,
  `CREATE INDEX idx_monitoring_history_time
    ON repmgr.monitoring_history (last_monitor_time, standby_node_id)`,
  'CREATE TABLE repmgr.voting_term (term integer NOT NULL)',
  'CREATE UNIQUE INDEX voting_term_restrict ON repmgr.voting_term ((TRUE))',
  'CREATE RULE voting_term_delete AS ON DELETE TO repmgr.voting_term DO INSTEAD NOTHING',
  `CREATE VIEW repmgr.show_nodes AS
    SELECT n.node_id, n.node_name, n.active, n.upstream_node_id,
           upstream.node_name AS upstream_node_name, n.type, n.priority, n.conninfo
      FROM repmgr.nodes n
      LEFT JOIN repmgr.nodes upstream ON upstream.node_id = n.upstream_node_id`,
  // The C library of repmgr kept these two in shared memory; a table and a statistics view serve as well.
  `CREATE FUNCTION repmgr.standby_get_last_updated() RETURNS timestamptz LANGUAGE sql STABLE AS $function$
    SELECT coalesce(max(last_monitor_time), timestamptz '2000-01-01 00:00:00+00')
      FROM repmgr.monitoring_history
  $function$`,
  `CREATE FUNCTION repmgr.get_wal_receiver_pid() RETURNS integer LANGUAGE sql STABLE AS $function$
    SELECT coalesce((SELECT pid FROM pg_catalog.pg_stat_wal_receiver), 0)
  $function$`,
  `CREATE VIEW repmgr.replication_status AS
    SELECT latest.primary_node_id,
           latest.standby_node_id,
           n.node_name AS standby_name,
           n.type AS node_type,
           n.active,
           latest.last_monitor_time,
           CASE WHEN n.type = 'standby' THEN latest.last_wal_primary_location END AS last_wal_primary_location,
           latest.last_wal_standby_location,
           CASE WHEN n.type = 'standby' THEN pg_size_pretty(latest.replication_lag) END AS replication_lag,
           CASE WHEN n.type <> 'standby' THEN NULL
                WHEN latest.replication_lag > 0 THEN now() - latest.last_apply_time
                ELSE interval '0' END AS replication_time_lag,
           CASE WHEN n.type = 'standby' THEN pg_size_pretty(latest.apply_lag) END AS apply_lag,
           now() - CASE WHEN pg_is_in_recovery() THEN repmgr.standby_get_last_updated()
                        ELSE latest.last_monitor_time END AS communication_time_lag
      FROM repmgr.nodes n
     CROSS JOIN LATERAL (SELECT * FROM repmgr.monitoring_history h
                          WHERE h.standby_node_id = n.node_id
                          ORDER BY h.last_monitor_time DESC
                          LIMIT 1) latest`,
];
