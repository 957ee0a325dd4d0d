import { composeAdapters } from '../../../src/bin/compose-adapters.ts';
import { loadSettings } from '../../../src/config/load-settings.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import { recloneNode } from '../../../src/operations/reclone-node.ts';
import type { LogRecord } from '../../../src/ports/logger.ts';

/**
 * Calls recloneNode as the daemon does: `reclone.ts CONFIG_FILE PRIMARY_CONNINFO PRIMARY_ID`. Prints the result, or
 * the error and status 1.
 */
async function main([configFile = '', conninfo = '', primaryId = '']: readonly string[]): Promise<void> {
  const adapters = composeAdapters();
  const settings = await loadSettings({ configFile, cwd: '/' });
  const connection = await adapters.connections.connect(conninfo);
  const node = await adapters.metadata.node(connection, Number(primaryId) as NodeId);
  if (node === undefined) throw new Error(`node ${primaryId} is not registered`);
  const log = (level: string) => (message: string) => console.error(`${level}: ${message}`);
  const context = {
    adapters,
    settings,
    signal: AbortSignal.timeout(60_000),
    log: {
      log: (record: LogRecord) => log(record.level)(record.message),
      debug: () => undefined,
      info: log('INFO'),
      notice: log('NOTICE'),
      warning: log('WARNING'),
      error: log('ERROR'),
    },
  };
  const result = await recloneNode(context, {
    primary: { node, connection },
    localServer: adapters.localServer(settings.settings),
  });
  console.log(
    JSON.stringify(result, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  );
  await connection.close();
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(
      error instanceof Error ? error.message : error,
      (error as { detail?: string }).detail ?? '',
    );
    process.exit(1);
  },
);
