/** What Postgres finds of recipients (R20) and of replies (R24): its checks, and their mutants. */
import { expect } from 'vitest';
import { dayOf } from '../../src/domain/primitives/time.js';
import { isRecipientId } from '../../src/domain/primitives/ids.js';
import { CLAIM_CHECKS, CLAIM_MUTANTS } from './claimMutants.js';
import { at, c, must } from '../support/scenario.js';
import type { DatabaseCheck } from './desk.js';
import type { Mutant } from './mutant.js';

const NOW = at('09:00');
const TODAY = dayOf(NOW);
const MEMORY_DAYS = 90;

/** Recipients, each with one InMail that many days before $2: reserved here, or imported. */
const CONTACTS = `
  with asked (who, days, state) as (values
    ('ann', 90, 'delivered'), ('bob', 91, 'delivered'), ('eve', 5, 'released'))
  insert into safeband.reservations (account_id, reservation_id, quota_day, state, recipient_id,
    recipient_key, reserved_at, lease_expires_at, settled_at, chat_id, reason, number)
  select $1, who, safeband.day_at($2 - days), state, who, who, now(), now(), now(),
         case when state = 'delivered' then who end,
         case when state = 'released' then 'rejected' end, 1
    from asked`;
const IMPORTED = `
  insert into safeband.past_sends (account_id, sent_at, recipient_id, recipient_key, place,
    is_counted, imported_by)
  select $1, safeband.day_at($2 - days) + interval '9 hours', who, who, 1, false, 'ada'
    from (values ('dan', 90), ('kim', 91)) asked (who, days)`;

const contacted: DatabaseCheck = async (desk) => {
  const { pool, activities, accountId } = desk;
  await desk.begin({ recipientMemoryDays: MEMORY_DAYS });
  await pool.query(CONTACTS, [accountId, TODAY]);
  await pool.query(IMPORTED, [accountId, TODAY]);
  const recipients = ['ann', 'bob', 'eve', 'dan', 'kim'].map((who) => must(isRecipientId, who));
  const ask = { accountId, recipients, since: TODAY - MEMORY_DAYS };
  const { found } = await activities.findContacts(ask);
  const names = new Set(found.map(({ recipient }) => recipients[recipient]));
  expect(names).toEqual(new Set(['ann', 'dan']));
};

/**
 * A free InMail that was observed before its report; two InMails in one chat; and the InMail of an
 * id that was used again, for a free one.
 */
const SENDS = `
  with slot as (
    insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
      lease_expires_at, settled_at, chat_id, message_id, free, number)
    select $1, id, safeband.day_at($2), 'delivered', now(), now(), now(), chat, message, true, 1
      from (values ('free', 'c1', 'm1'), ('again', 'c5', 'm5')) slots (id, chat, message)),
  first as (
    insert into safeband.inmail_events
      (account_id, reservation_id, chat_id, message_id, source, quota_day, delivered_at)
    values ($1, 'again', 'c4', 'm4', 'pipeline', safeband.day_at($2) - 9, safeband.at_ms($3)))
  insert into safeband.inmail_events
    (account_id, chat_id, message_id, source, quota_day, delivered_at)
  select $1, chat, message, 'external', safeband.day_at($2), safeband.at_ms(sent)
    from (values ('c1', 'm1', $3::bigint), ('c2', 'm2', $3::bigint), ('c2', 'm3', $3::bigint + 60000))
      sends (chat, message, sent)`;

const answered: DatabaseCheck = async (desk) => {
  const { pool, activities, accountId } = desk;
  await desk.begin();
  await pool.query(SENDS, [accountId, TODAY, NOW]);
  const seen = (chat: string, later: number) => ({ chatId: c(chat), at: NOW + later });
  const replies = [
    seen('c1', 5),
    seen('c2', 5),
    seen('c2', 60_005),
    seen('c2', -5),
    seen('c3', 5),
    seen('c4', 5),
  ];
  const { found } = await activities.findReplies({ accountId, replies });
  const external = { reservationId: null, free: false };
  expect(found.map(({ sent }) => sent)).toEqual([
    { reservationId: 'free', free: true, sentAt: NOW },
    { ...external, sentAt: NOW },
    { ...external, sentAt: NOW + 60_000 },
    { ...external, sentAt: NOW },
    null,
    { reservationId: 'again', free: false, sentAt: NOW },
  ]);
};

export const CONTACT_CHECKS = {
  'Postgres finds each contact of the days of the memory, and no other': contacted,
  'Postgres finds the InMail of a reply, and if it was free': answered,
  ...CLAIM_CHECKS,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type ContactCheckName = keyof typeof CONTACT_CHECKS;

const file = 'src/postgres/read/contacts.ts';
export const CONTACT_MUTANTS: readonly Mutant<ContactCheckName>[] = [
  {
    rule: 'R20',
    what: 'Postgres finds contacts that are older than the memory of recipients',
    file,
    old: "and state <> 'released' and quota_day >= safeband.day_at($3)",
    mutated: "and state <> 'released' and safeband.day_at($3) is not null",
    by: 'Postgres finds each contact of the days of the memory, and no other',
  },
  {
    rule: 'R20',
    what: 'Postgres looks for contacts before the days of the memory, not within them',
    file,
    old: 'and safeband.utc_day(sent_at) >= safeband.day_at($3)',
    mutated: 'and safeband.utc_day(sent_at) < safeband.day_at($3)',
    by: 'Postgres finds each contact of the days of the memory, and no other',
  },
  {
    rule: 'R20',
    what: 'a slot that was given back a week ago refuses its recipient',
    file,
    old: "state <> 'released' and quota_day >= safeband.day_at($3)",
    mutated: 'quota_day >= safeband.day_at($3)',
    by: 'Postgres finds each contact of the days of the memory, and no other',
  },
  {
    rule: 'R24',
    what: 'Postgres takes the InMail after the reply for that of the reply',
    file,
    old: 'case when e.delivered_at <= safeband.at_ms(asked.at)',
    mutated: 'case when e.delivered_at > safeband.at_ms(asked.at)',
    by: 'Postgres finds the InMail of a reply, and if it was free',
  },
  {
    rule: 'R24',
    what: 'a free InMail that was observed before its report costs a credit',
    file,
    old: 'where e.reservation_id is null and r.account_id = e.account_id',
    mutated: 'where e.reservation_id is null and r.account_id is null',
    by: 'Postgres finds the InMail of a reply, and if it was free',
  },
  {
    rule: 'R24',
    what: 'a reply to an InMail reads if the next InMail of its id was free',
    file,
    old: '(r.quota_day = e.quota_day or',
    mutated: '(true or',
    by: 'Postgres finds the InMail of a reply, and if it was free',
  },
  ...CLAIM_MUTANTS,
];
