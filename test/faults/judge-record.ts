import type { FaultRecord } from './fault-record.ts';
import type { Expectation } from './fault-scenario.ts';

export type Measured = Omit<FaultRecord, 'broken'>;

/** Every expectation that was not met, in words; empty when all were. */
export function judgeRecord(measured: Measured, expected: Expectation): string[] {
  const doubleMs = expected.doubleWritable?.ms ?? 0;
  const outageMs = expected.outageMs(measured.leaseMs);
  const attachedMs = expected.attachedMs ?? 90_000;
  const broken: (string | false)[] = [
    measured.doubleWritableMs > doubleMs &&
      `two nodes took writes for ${measured.doubleWritableMs} ms, ${doubleMs} allowed`,
    measured.lostRows !== null &&
      measured.lostRows > expected.lostRows &&
      `${measured.lostRows} acknowledged rows lost, ${expected.lostRows} allowed`,
    measured.humanActions > 0 && 'it did not heal by itself',
    measured.outageMs > outageMs && `no writes for ${Math.round(measured.outageMs)} ms, ${outageMs} allowed`,
    measured.attachedMs !== null &&
      measured.attachedMs > attachedMs &&
      `all attached after ${Math.round(measured.attachedMs)} ms, ${attachedMs} allowed`,
    expected.primary === 'stays' && measured.primaryMoved && 'another node became primary',
    expected.primary === 'moves' && !measured.primaryMoved && 'no other node became primary',
    measured.causeNamed === false && `no explanation matches ${expected.cause}`,
  ];
  return broken.filter((text) => text !== false);
}
