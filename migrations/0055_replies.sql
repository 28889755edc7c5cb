-- The first reply of a recipient in each chat: LinkedIn gives the credit of its InMail back (R24).
create table safeband.replies (
  account_id safeband.account_id not null,
  chat_id safeband.foreign_id not null,
  replied_at timestamptz not null,
  -- The InMail that was answered. Null: it was sent without a reservation.
  reservation_id safeband.reservation_id,
  sent_at timestamptz not null,
  refunded boolean generated always as (ignored is null) stored,
  -- Why it gave no credit back.
  ignored text check (ignored in ('free', 'too_late', 'no_balance', 'older')),
  number bigint not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create unique index replies_chat on safeband.replies
  (account_id, safeband.fingerprint(chat_id::text));
