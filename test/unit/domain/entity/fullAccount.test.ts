/** An account that is full: what it remembers, and how large it is (R15). */
import { expect, it } from 'vitest';
import { bytesOf } from '../../../../src/domain/primitives/bytes.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import {
  EXTERNALS_MAX,
  LINE_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  STATE_BYTES_MAX,
} from '../../../../src/domain/primitives/limits.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { DAY_MS } from '../../../../src/domain/primitives/time.js';
import { fullState, withoutOutbox } from '../../../support/fullAccount.js';
import { anAccount, at, c, m, p, r } from '../../../support/scenario.js';
import { ACCOUNT_BYTES_MAX, HANDED_BYTES_MAX } from '../../../../src/domain/entity/bounds.js';

it('sends that count for a cap are not forgotten before sends that count for none', () => {
  const known = Array.from({ length: 40 }, (_, n) => ({
    chatId: c(`today-${n}`),
    messageId: m('m'),
    sentAt: at('08:00'),
  }));
  let account = anAccount();
  for (const observed of known) account = account.when(observe, observed);
  account.expect({ counter: 40, external: 40 });
  for (let n = 0; n < EXTERNALS_MAX + 100; n += 1) {
    const old = { chatId: c(`old-${n}`), messageId: m('m'), sentAt: at('08:00') - 3 * DAY_MS };
    account = account.when(observe, old).answered({ matched: null, counted: false });
  }
  for (const observed of known)
    account = account.when(observe, observed).answered({ counted: false });
  account.expect({ counter: 40, external: 40 });
});

it.each(['中', '"', 'a'])('the state with ids of 512 times %j fits half a payload', (letter) => {
  const long = (name: string): string => `${name}${letter.repeat(512 - name.length)}`;
  const longId = (name: string): string => `${name}${'x'.repeat(128 - name.length)}`;
  let account = anAccount({ tier: 'recruiter' });
  for (let day = 0; day < 3; day += 1) {
    for (let n = 0; n < 150; n += 1) {
      const reservationId = r(longId(`${day}-${n}-`));
      account = account.when(reserve, { reservationId, recipientId: p(long(`p${day}-${n}`)) });
      const kind = n % 2 === 0 ? ('rejected' as const) : ('not_attempted' as const);
      account =
        n < 110
          ? account.when(fail, { reservationId, kind })
          : account.when(deliver, { reservationId, chatId: c(long(`c${day}-${n}`)) });
      if (account.entity.outbox.length > 20) account = withoutOutbox(account);
    }
    account = account.until(account.now + DAY_MS);
  }
  for (let n = 0; n < 520; n += 1) {
    const observed = { chatId: c(long(`x${n}`)), messageId: m(long(`y${n}`)), sentAt: account.now };
    account = account.when(observe, observed);
    if (account.entity.outbox.length > 20) account = withoutOutbox(account);
  }
  const bytes = bytesOf(withoutOutbox(account).entity);
  expect(account.entity.account.externals).toHaveLength(EXTERNALS_MAX);
  expect(bytes).toBeGreaterThan(EXTERNALS_MAX * 100);
  expect(bytes).toBeLessThan(ACCOUNT_BYTES_MAX);
  expect(ACCOUNT_BYTES_MAX + HANDED_BYTES_MAX).toBeLessThan(PAYLOAD_BYTES_MAX);
});

/** `npm run bench -- full` does so with a thousand. */
it.each([1, 2])('all that a full account hands to the next run fits: seed %i', (seed) => {
  const state = fullState(seed);
  const account = state.actor?.account;
  expect(account?.slots.length).toBeGreaterThan(40);
  expect(account?.externals).toHaveLength(EXTERNALS_MAX);
  const bytes = bytesOf(state);
  // The line is full: no place is left for the largest ask.
  const line = bytesOf(account?.line ?? []);
  expect(line).toBeGreaterThan(LINE_BYTES_MAX - 4 * 1_024);
  expect(line).toBeLessThanOrEqual(LINE_BYTES_MAX + 2);
  expect(bytes).toBeGreaterThan(LINE_BYTES_MAX + HANDED_BYTES_MAX);
  expect(bytes).toBeLessThan(ACCOUNT_BYTES_MAX + LINE_BYTES_MAX + HANDED_BYTES_MAX);
  expect(bytes).toBeLessThan(STATE_BYTES_MAX);
});
