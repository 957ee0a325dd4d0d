/** A port of which only `known` works; using anything else fails the test instead of pretending an answer. */
export function partialPort<T extends object>(portName: string, known: Partial<T>): T {
  return new Proxy(known as T, {
    get(target, property) {
      if (property in target) return Reflect.get(target, property) as unknown;
      // `await` asks every object whether it is a promise.
      if (property === 'then') return undefined;
      throw new Error(`the fake of ${portName} has no "${String(property)}"`);
    },
  });
}
