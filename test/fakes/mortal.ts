/** Where a process is killed: before a step, half-way through it, or right after it. */
export type Moment = 'before' | 'midway' | 'after';

class Killed extends Error {}

/**
 * Stands for SIGKILL: at the chosen step the process ends, and none of its calls reaches the world any more. What it
 * still does in memory nobody will ever see.
 */
export class Mortal {
  /** Steps that were taken, by name. */
  readonly steps: string[] = [];
  isDead = false;
  readonly #killAt: number | string;
  readonly #moment: Moment;

  /** The step by its number, or the first one of a name. */
  constructor(killAt: number | string = Number.POSITIVE_INFINITY, moment: Moment = 'before') {
    this.#killAt = killAt;
    this.#moment = moment;
  }

  /** The port with every call mortal; calls of `steps` are where it may be killed. */
  wrap<T extends object>(
    port: T,
    steps: readonly (keyof T & string)[],
    midway: Partial<Record<keyof T & string, (...args: never[]) => Promise<unknown>>> = {},
  ): T {
    return new Proxy(port, {
      get: (target, name: keyof T & string) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        const call = value.bind(target) as (...args: unknown[]) => unknown;
        if (!steps.includes(name)) return (...args: unknown[]) => this.#pass(call, args);
        const half = midway[name] as ((...args: unknown[]) => Promise<unknown>) | undefined;
        return (...args: unknown[]) => this.#step(name, call, { args, half });
      },
    });
  }

  #pass(call: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    if (this.isDead) throw new Killed();
    return call(...args);
  }

  async #step(
    name: string,
    call: (...args: unknown[]) => unknown,
    { args, half }: { args: unknown[]; half: ((...args: unknown[]) => Promise<unknown>) | undefined },
  ): Promise<unknown> {
    if (this.isDead) throw new Killed();
    const step = this.steps.push(name) - 1;
    const isLast = step === this.#killAt || name === this.#killAt;
    if (isLast && this.#moment === 'before') this.#die();
    if (isLast && this.#moment === 'midway') {
      await half?.(...args);
      this.#die();
    }
    const result = await call(...args);
    if (isLast) this.#die();
    return result;
  }

  #die(): never {
    this.isDead = true;
    throw new Killed();
  }
}
