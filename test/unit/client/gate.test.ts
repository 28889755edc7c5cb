/** The client calls each account a few times at once, in order, and shares batches of reserves. */
import { expect, it } from 'vitest';
import { Gate } from '../../../src/client/gate.js';
import { Reserving } from '../../../src/client/reserving.js';
import type { Transport } from '../../../src/client/transport.js';
import { BATCH_MAX } from '../../../src/domain/primitives/limits.js';

/** Calls that end when the test ends them. */
function calls() {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const call = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      begun.push(name);
      ends.set(name, (error) => (error ? reject(error) : resolve(name)));
    });
  const end = (name: string, error?: Error): void => ends.get(name)?.(error);
  return { begun, call, end };
}
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

it('an account has two calls at once, in order, and a failed call frees its place', async () => {
  const { begun, call, end } = calls();
  const gate = new Gate(2);
  const one = ['a1', 'a2', 'a3', 'a4'].map((name) => gate.pass('a', call(name)));
  const other = gate.pass('b', call('b1'));
  await turn();
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  end('a2', new Error('refused'));
  await expect(one[1]).rejects.toThrow('refused');
  await turn();
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  for (const name of ['a1', 'a3', 'b1']) end(name);
  await turn();
  end('a4');
  expect(await Promise.all([one[0], one[2], one[3], other])).toEqual(['a1', 'a3', 'a4', 'b1']);
});

it('an account that was idle for a moment has the same limit', async () => {
  const { begun, call, end } = calls();
  const gate = new Gate(2);
  const ended = ['1', '2'].map((name) => gate.pass('a', call(name)));
  await turn();
  // Both end in one turn, and the first that ends asks again before the second was forgotten.
  const again = ended[0]?.then(() =>
    Promise.all(['3', '4', '5'].map((name) => gate.pass('a', call(name)))),
  );
  end('1');
  end('2');
  await Promise.all(ended);
  const late = gate.pass('a', call('6'));
  await turn();
  expect(begun).toEqual(['1', '2', '3', '4']);
  for (const name of ['3', '4', '5', '6']) {
    end(name);
    await turn();
  }
  expect([await again, await late]).toEqual([['3', '4', '5'], '6']);
});

it('reserves that come while a batch is in flight share the next batches, in order', async () => {
  const sent: (readonly string[])[] = [];
  const answers: (() => void)[] = [];
  const transport: Pick<Transport, 'update'> = {
    update: <O>(_: string, name: string, payload: object) => {
      const asks: readonly object[] = 'requests' in payload ? listIn(payload.requests) : [payload];
      const ids = asks.map((ask) => ('reservationId' in ask ? String(ask.reservationId) : ''));
      sent.push(ids);
      const decisions = ids.map((reservationId) => ({ granted: true, reservationId }));
      return new Promise<O>((resolve) => {
        const answer: unknown = name === 'sendReserve' ? decisions[0] : { decisions };
        answers.push(() => resolve(JSON.parse(JSON.stringify(answer))));
      });
    },
  };
  const reserving = new Reserving(Object.assign(Object.create(null), transport));
  const ask = (id: number) => reserving.ask('a', { reservationId: `r${id}` }, Date.now() + 60_000);
  const first = ask(0);
  await turn();
  await turn();
  const others = Array.from({ length: BATCH_MAX + 20 }, (_, n) => ask(n + 1));
  const decided = Promise.all([first, ...others]);
  while (answers.length > 0) {
    answers.shift()?.();
    await turn();
    await turn();
  }
  await decided;
  expect(sent.map((ids) => ids.length)).toEqual([1, BATCH_MAX, 20]);
  expect(sent.flat()).toEqual(Array.from({ length: BATCH_MAX + 21 }, (_, n) => `r${n}`));
});

const listIn = (raw: unknown): readonly object[] => (Array.isArray(raw) ? raw : []);
