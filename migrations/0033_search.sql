-- Search: the accounts, reservations, campaigns, recipients and chats whose id begins with a text.
-- The indexes are in the order of the bytes, so that one range of an index has the answer, whatever
-- the collation of the database. They also have the account, for keys that may see some accounts only.

create index accounts_search on safeband.accounts (lower(account_id::text) collate "C");
create index reservations_search on safeband.reservations (reservation_id collate "C", account_id);
create index reservations_campaign on safeband.reservations
  (campaign_id collate "C", reserved_at, account_id, reservation_id) include (state)
  where campaign_id is not null;
create index reservations_recipient on safeband.reservations
  (recipient_key collate "C", reserved_at, account_id) where recipient_key is not null;
create index reservations_recipient_waiting on safeband.reservations
  (recipient_id collate "C", account_id)
  where recipient_id is not null and recipient_key is null;
create index inmail_events_chat on safeband.inmail_events (chat_id collate "C", account_id);
create index inmail_events_message on safeband.inmail_events (message_id collate "C", account_id)
  where message_id is not null;

-- The event log of an account, page by page, the newest first.
create index inmail_events_account on safeband.inmail_events (account_id, event_id);
