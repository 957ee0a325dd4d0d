import { describe, expect, it } from 'vitest';
import { abortable, TimeLimitPassed, withinLimit } from '../../../../src/postgres/connection/within-limit.ts';

const never = (): Promise<never> => new Promise(() => undefined);

describe('withinLimit', () => {
  it('leaves a step behind that knows no end', async () => {
    const late = withinLimit({ timeoutMs: 10 }, () => new Promise<never>(() => undefined));
    await expect(late).rejects.toBeInstanceOf(TimeLimitPassed);
  });

  it('returns what the step returns', async () => {
    await expect(withinLimit({ timeoutMs: 1_000 }, async () => 'done')).resolves.toBe('done');
  });

  it('throws what the step throws', async () => {
    const fault = new Error('fault');
    await expect(withinLimit({ timeoutMs: 1_000 }, () => Promise.reject(fault))).rejects.toBe(fault);
  });

  it('ends the step when the time has passed', async () => {
    const late = withinLimit({ timeoutMs: 10 }, (signal) => abortable(never(), signal));
    await expect(late).rejects.toEqual(new TimeLimitPassed(10));
  });

  it('ends the step with the reason of the outer signal', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const step = withinLimit({ timeoutMs: 10_000, signal: controller.signal }, (signal) =>
      abortable(never(), signal),
    );
    controller.abort(reason);
    await expect(step).rejects.toBe(reason);
    await expect(
      withinLimit({ timeoutMs: 10_000, signal: controller.signal }, async () => 'too late'),
    ).rejects.toBe(reason);
  });
});
