/**
 * Files that run at the same time take their ports from ranges of their own: a port found free is taken only later,
 * by a server that is started on it.
 */
const worker = Number(process.env['VITEST_POOL_ID'] ?? '1');
const portsPerWorker = 50;
const first = 55_500 + (worker - 1) * portsPerWorker;
process.env['REPMGR_LAB_PORTS'] ??= `${first}-${first + portsPerWorker - 1}`;
