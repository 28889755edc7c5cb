/** Replies that give a credit back (R24): which do, and how often. */
import { expect } from 'vitest';
import type { LoggedChat } from '../../../src/domain/commands/reply.js';
import { c, r } from '../../support/scenario.js';
import { Life, NINE, type Check } from './life.js';

const DAY = 86_400_000;
const MINUTE = 60_000;
const NONE: LoggedChat = { isRecorded: false, sent: null };
const sentAt = (instant: number): LoggedChat => ({
  isRecorded: false,
  sent: { reservationId: r('old'), sentAt: instant, free: false },
});

/** An account at 09:01 with 5 credits, which were observed at 09:00. */
function known(domain: Parameters<Check>[0]): Life {
  const life = new Life(domain);
  life.when(domain.observeCredits, { balance: 5, at: NINE });
  life.until(NINE + MINUTE);
  return life;
}
const reply = (life: Life, logged: LoggedChat, at = life.now, chat = 'chat-a'): unknown =>
  life.when(life.domain.observeReply, { chatId: c(chat), at, logged, unsaved: [] });

const inTime: Check = (domain) => {
  expect(reply(known(domain), sentAt(NINE + MINUTE - 90 * DAY))).toMatchObject({ balance: 6 });
  const late = reply(known(domain), sentAt(NINE + MINUTE - 90 * DAY - 1));
  expect(late).toMatchObject({ ignored: 'too_late', balance: 5 });
};

const notFree: Check = (domain) => {
  const life = known(domain);
  life.reserve('a', { free: true });
  life.deliver('a');
  expect(reply(life, NONE)).toMatchObject({ ignored: 'free', balance: 5 });
};

const afterObservation: Check = (domain) => {
  const before = sentAt(NINE - DAY);
  expect(reply(known(domain), before, NINE)).toMatchObject({ ignored: 'older', balance: 5 });
  expect(reply(known(domain), before, NINE + 1)).toMatchObject({ ignored: null, balance: 6 });
};

const once: Check = (domain) => {
  const life = known(domain);
  life.reserve('a');
  life.deliver('a');
  expect(reply(life, NONE)).toMatchObject({ balance: 5 });
  expect(reply(life, { isRecorded: true, sent: null })).toMatchObject({ ignored: 'repeated' });
  expect(life.account.credits).toMatchObject({ balance: 5, refunded: 1 });
};

const own: Check = (domain) => {
  const life = known(domain);
  life.reserve('a');
  life.deliver('a');
  expect(reply(life, NONE, life.now, 'chat-b')).toMatchObject({ refused: 'ChatUnknown' });
};

const joined: Check = (domain) => {
  const [life, other] = [known(domain), known(domain)];
  reply(other, sentAt(NINE - DAY));
  const events = domain.merged(life.account, other.account);
  expect(domain.record(life.actor, events).account.credits?.balance).toBe(6);
  expect(domain.merged(other.account, other.account)).toEqual([]);
};

export const replyChecks = {
  'a reply after more than 90 days gives no credit back': inTime,
  'a reply to a free InMail gives no credit back': notFree,
  'a reply before the observed balance gives no credit back': afterObservation,
  'a reply gives one credit back for each chat': once,
  'a reply in a chat without an InMail is refused': own,
  'two states of one account have the replies of both': joined,
};
