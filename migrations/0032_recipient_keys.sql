-- One member may be spelt in many ways (docs/linkedin-ids.md). `recipient_id` is the spelling that
-- came. `recipient_key` is the form that is searched: LinkedIn's number of the member, otherwise the
-- normal form. The worker writes it with the row, and `npm run migrate` adds it to rows of older
-- workers. Until then, these rows are found by their own spelling.
-- This file locks the table for a moment only: the indexes are built by the next one, which lets
-- everybody read.
alter table safeband.reservations add column recipient_key text;

-- A key that is added is no manual edit; a change of anything else is one.
drop trigger tell_rewrite on safeband.reservations;
create trigger tell_rewrite after update on safeband.reservations for each row
  when (new.number = old.number
    and not (old.recipient_key is null and new.recipient_key is not null
      and to_jsonb(new) - 'recipient_key' = to_jsonb(old) - 'recipient_key'))
  execute function safeband.tell_rewrite();
alter table safeband.reservations enable always trigger tell_rewrite;
