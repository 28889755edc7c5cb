/**
 * An activity gets the answer of another activity: the account ignores it, asks again and continues.
 * Nothing is counted twice, nothing is lost, and no task fails (R2, R14).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/ports.js';
import { all, ask, run, update, statusOf, whenSaved } from '../support/account.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';

const ASKED = ['readBack', 'claim', 'save', 'reconcile', 'expandWindow'] as const;
type Asked = (typeof ASKED)[number];

/** How often an account's activity still gets the answer of another. */
const wrong = new Map<string, number>();
/** The last answer of each activity, with its name. */
const last = new Map<Asked, object>();

/** Lets the activity do its work, and replaces its answer by the answer of another. */
const mixed =
  <I, O extends object>(name: Asked, activity: (ask: I) => Promise<O>, idIn: (ask: I) => string) =>
  async (given: I): Promise<O> => {
    const done = await activity(given);
    const key = `${name} ${idIn(given)}`;
    const left = wrong.get(key) ?? 0;
    const [other] = [...last].flatMap(([known, answer]) => (known === name ? [] : [answer]));
    last.set(name, { ...done });
    if (left === 0) return done;
    wrong.set(key, left - 1);
    for (const field of Object.keys(done)) Reflect.deleteProperty(done, field);
    return Object.assign(done, other);
  };

let stand: Stand;
beforeAll(async () => {
  stand = await createStand({
    activities: (real: Activities) => ({
      readBack: mixed(
        'readBack',
        (given) => real.readBack(given),
        ({ accountId }) => accountId,
      ),
      claim: mixed(
        'claim',
        (given) => real.claim(given),
        ({ row }) => row.accountId,
      ),
      save: mixed(
        'save',
        (given) => real.save(given),
        ({ row }) => row.accountId,
      ),
      reconcile: mixed(
        'reconcile',
        (given) => real.reconcile(given),
        ({ account }) => account.accountId,
      ),
      expandWindow: mixed(
        'expandWindow',
        (given) => real.expandWindow(given),
        ({ timezone }) => timezone,
      ),
    }),
  });
  await run(await stand.connect(stand.newAccount('first'))); // the first answers
});
afterAll(() => stand.close());

const EVERY_DAY = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const ALWAYS_OPEN = { days: EVERY_DAY, start: '00:00', end: '00:00' };
/** After three wrong answers the call has failed, and the account tries it again. */
const CASES = ASKED.flatMap((name) => [
  [name, 1, 'Europe/Berlin'] as const,
  [name, 3, 'Asia/Tokyo'] as const,
]);

it.concurrent.each(CASES)(
  'an account continues whose %s has the answer of another, times: %i',
  async (name, times, timezone) => {
    const id = stand.newAccount(name);
    const isWindow = name === 'expandWindow';
    const key = `${name} ${isWindow ? timezone : id}`;
    const window = isWindow ? { timezone, sendingWindow: ALWAYS_OPEN } : {};
    const start = { identity: `m-${id}`, ...window };
    if (name === 'claim') {
      // The read claims the row of a new account. A start that reads a history claims it by itself.
      await (await stand.connect(id, start)).terminate('an accident');
    }
    wrong.set(key, times);
    const account = await stand.connect(id, start);
    await run(account);
    for (const reservationId of ['a', 'b', 'c']) {
      expect(await ask(account, reservationId)).toMatchObject({ granted: true });
    }
    await update(account, 'sendDelivered', { reservationId: 'a', chatId: 'chat-a' });
    await account.signal('sendDelivered', { reservationId: 'b', chatId: 'chat-b' });
    await update(account, 'sendFailed', { reservationId: 'c', kind: 'not_attempted' });
    await whenSaved(account);
    expect(await run(account)).toMatchObject({ drift: 0, healed: false, cooled: false });

    expect(wrong.get(key)).toBe(0);
    const status = await statusOf(account);
    expect(status).toMatchObject({ counter: 2, delivered: 2, inFlight: 0, state: 'active' });
    const log =
      'select chat_id as chat from safeband.inmail_events where account_id = $1 order by 1';
    expect(await all(stand, log, id)).toEqual([{ chat: 'chat-a' }, { chat: 'chat-b' }]);
    const alerts = "select kind from safeband.alerts where account_id = $1 and severity <> 'info'";
    expect(await all(stand, alerts, id)).toEqual([]);
    const runs = await runsOf(stand, account);
    expect(failuresIn(runs)).toEqual([]);
    expect(await flawsOf(account.workflowId, runs)).toEqual([]);
  },
);
