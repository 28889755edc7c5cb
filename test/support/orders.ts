/** Yields all orders of some messages, each of them several times. */
export function* ordersOf<T>(things: readonly T[], times = 1): Generator<readonly T[]> {
  const left = new Map(things.map((thing) => [thing, times]));
  const order: T[] = [];
  function* rest(): Generator<readonly T[]> {
    if (order.length === things.length * times) yield [...order];
    for (const thing of things) {
      const count = left.get(thing) ?? 0;
      if (count === 0) continue;
      left.set(thing, count - 1);
      order.push(thing);
      yield* rest();
      order.pop();
      left.set(thing, count);
    }
  }
  yield* rest();
}
