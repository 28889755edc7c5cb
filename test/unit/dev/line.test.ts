/** The asks of the demonstration that wait in the line: until the next day, and to their end. */
import { expect, it } from 'vitest';
import { Line } from '../../../dev/line.js';
import { Tally } from '../../../dev/tally.js';
import type { PlannedSend } from '../../../dev/day.js';
import type { SendResult } from '../../../src/client/index.js';

const planned = (recipient: string): PlannedSend => ({
  atSeconds: 0,
  account: 'quinn',
  campaign: 'c',
  recipient,
  behaviour: 'normal',
  by: 'waiting',
});
const tomorrow = `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}T00:00:02.000Z`;

it('the asks that wait for the next day are printed with their turn, and withdrawn at the end', async () => {
  const printed: string[] = [];
  const print = (text: string): void => void printed.push(text);
  const tally = new Tally('quinn', print);
  let polls = 0;
  const line = new Line(
    {
      send: async (_, { recipient }, signal) => {
        const sent: SendResult = { sent: true, chatId: recipient, reported: true };
        if (recipient === 'now') return sent;
        await new Promise<void>((resolve) => {
          signal?.addEventListener('abort', () => resolve());
        });
        return { sent: false, kind: 'not_attempted', why: 'ended', reported: false };
      },
      client: {
        reservation: async () => {
          polls += 1;
          if (polls === 1) throw new Error('the account does not answer');
          return { state: 'waiting', position: 1, expectedAt: tomorrow };
        },
      },
    },
    print,
  );
  line.ask('quinn.1', planned('now'), tally);
  line.ask('quinn.1', planned('later'), tally);
  await expect.poll(() => printed).toHaveLength(1);
  await line.untilMidnight(0);
  expect(printed.splice(1)).toEqual(['quinn: later has had no turn yet']);
  await line.untilMidnight();
  const [, turn] = printed;
  expect(printed[0]).toMatch(/^quinn: now had its turn, at \d\d:\d\d:\d\d UTC$/);
  const at = tomorrow.slice(0, 19).replace('T', ' ');
  expect(turn).toBe(`quinn: later waits, number 1 in line; its turn is ${at} UTC`);
  await line.end();
  expect(printed).toHaveLength(2);
  expect(tally).toMatchObject({ asked: 1, delivered: 1, released: 0 });
});
