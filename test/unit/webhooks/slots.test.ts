/** Endpoints share the places of the sender in turn. */
import { expect, it } from 'vitest';
import { Slots } from '../../../src/webhooks/slots.js';

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Two places, and the endpoints in the order in which they got one. */
function twoPlaces() {
  const served: string[] = [];
  const ends = new Map<string, () => void>();
  const slots = new Slots(2, (endpointId) => {
    served.push(endpointId);
    return new Promise((resolve) => {
      ends.set(endpointId, resolve);
    });
  });
  const end = async (endpointId: string): Promise<void> => {
    ends.get(endpointId)?.();
    await turn();
  };
  return { served, slots, end };
}

it('an endpoint that was served waits until the other endpoints were served', async () => {
  const { served, slots, end } = twoPlaces();
  const all = ['a', 'b', 'c', 'd'];
  slots.offer(all);
  await turn();
  expect([served, slots.areWaiting]).toEqual([['a', 'b'], true]);
  await end('a');
  slots.offer(all);
  await end('b');
  slots.offer(all);
  await end('c');
  await end('d');
  expect([served, slots.areWaiting]).toEqual([['a', 'b', 'c', 'd', 'a', 'b'], false]);
});

it('an endpoint has one place only, however often it is offered', async () => {
  const { served, slots, end } = twoPlaces();
  slots.offer(['a']);
  slots.offer(['a', 'a']);
  await turn();
  expect([served, slots.areWaiting]).toEqual([['a'], false]);
  await end('a');
  slots.offer(['a']);
  await turn();
  expect(served).toEqual(['a', 'a']);
});

it('a sender that ends waits for the endpoints with a place and serves no other', async () => {
  const { served, slots, end } = twoPlaces();
  slots.offer(['a', 'b', 'c']);
  const idle = slots.idle();
  await turn();
  await end('a');
  await end('b');
  await idle;
  expect(served).toEqual(['a', 'b']);
  slots.offer(['c']);
  await turn();
  expect(served).toEqual(['a', 'b', 'c']);
});
