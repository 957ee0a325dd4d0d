import type { DemoResult } from './demo-result.ts';
import { duration } from './narrator.ts';
import type { Stage } from './stage.ts';

/** What both acts came to, in a few sentences. */
export function tellConclusion({ narrator, writer }: Stage, result: DemoResult): void {
  const { crash, hostLoss, doublePrimaryMs } = result;
  const lost = crash.acknowledgedRowsLost + hostLoss.acknowledgedRowsLost;
  const rows = writer.acknowledged.length.toLocaleString('en-US');
  narrator.heading('What the client saw');
  narrator.say(`PostgreSQL crashed: ${duration(crash.outageMs)} without a write (${crash.action}).`);
  narrator.say(
    `Host lost: ${duration(hostLoss.outageMs)}, of which ${duration(hostLoss.leaseMs)} are the lease.`,
  );
  narrator.say(
    `The failed primary was back as a standby ${duration(hostLoss.rejoinedInMs)} after its daemon started ` +
      `(${hostLoss.rejoinMethod}).`,
  );
  const tell = lost === 0 ? narrator.good.bind(narrator) : narrator.bad.bind(narrator);
  tell(`${rows} rows were acknowledged, ${lost} of them are missing.`);
  const tellDouble = doublePrimaryMs === 0 ? narrator.good.bind(narrator) : narrator.bad.bind(narrator);
  tellDouble(`Two nodes were writable at the same time for ${doublePrimaryMs} ms.`);
}
