/** All orders in which some things can be said, each of them several times. */
export function* ordersOf<T>(things: readonly T[], times = 1): Generator<readonly T[]> {
  const left = new Map(things.map((thing) => [thing, times]));
  const said: T[] = [];
  function* rest(): Generator<readonly T[]> {
    if (said.length === things.length * times) yield [...said];
    for (const thing of things) {
      const count = left.get(thing) ?? 0;
      if (count === 0) continue;
      left.set(thing, count - 1);
      said.push(thing);
      yield* rest();
      said.pop();
      left.set(thing, count);
    }
  }
  yield* rest();
}
