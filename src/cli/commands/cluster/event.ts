import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConfigurationError } from '../../../domain/errors/repmgr-error.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { EventFilter, EventRow } from '../../../ports/metadata-store.ts';
import type { CommandContext } from '../../command.ts';
import { plainCsvLine } from '../../output/csv.ts';
import { type Column, renderTable } from '../../output/table.ts';

/** `repmgr cluster event` */
export async function run(context: CommandContext): Promise<ExitName> {
  const events = await withConnection(
    () => connectToLocal(context),
    async (local) => {
      await checkNodeName(context, local);
      return context.adapters.metadata.events(local, filterOf(context));
    },
  );
  print(context, events);
  return 'SUCCESS';
}

/** A name that nobody has is a slip of the pen; an id may be that of a node unregistered since. */
async function checkNodeName({ adapters, options }: CommandContext, local: Connection): Promise<void> {
  const name = options['node-name'];
  if (name === undefined || (await adapters.metadata.nodeByName(local, name)) !== undefined) return;
  throw new ConfigurationError(`no node "${name}" is registered`, {
    hint: 'give the ID of a node that is no longer registered with --node-id',
  });
}

function filterOf({ options }: CommandContext): EventFilter {
  const { 'node-id': nodeId, 'node-name': nodeName, event, all, limit } = options;
  return {
    ...(nodeId === undefined ? {} : { nodeId }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(event === undefined ? {} : { event }),
    ...(all ? {} : { limit }),
  };
}

function print({ out, options }: CommandContext, events: readonly EventRow[]): void {
  if (options.json) {
    out.json({ events });
    return;
  }
  if (events.length === 0) {
    out.line('there are no such events');
    return;
  }
  if (options.csv) {
    for (const event of events) out.line(plainCsvLine(cellsOf(event)));
    return;
  }
  out.write(renderEvents(events, options.compact));
  out.line();
}

function renderEvents(events: readonly EventRow[], compact: boolean): string {
  const titles = ['Node ID', 'Name', 'Event', 'OK'];
  const columns: Column[] = titles.map((title) => ({ title }));
  if (compact) {
    return renderTable([...columns, { title: 'Timestamp', end: 'plain' }], events.map(cellsOf));
  }
  columns.push({ title: 'Timestamp' }, { title: 'Details', end: 'plain' });
  return renderTable(
    columns,
    events.map((event) => [...cellsOf(event), event.details ?? '']),
  );
}

function cellsOf({ nodeId, nodeName, event, successful, timestamp }: EventRow): string[] {
  return [String(nodeId), nodeName, event, successful ? 't' : 'f', timestamp];
}
