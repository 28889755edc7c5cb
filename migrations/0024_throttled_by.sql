-- A pause that LinkedIn asked for names the reservation in its details. Rows of older workers have it in
-- their sentence only; nothing reads that sentence any more.
update safeband.account_changes
set details = details || jsonb_build_object('reservationId',
  substring(reason from '^throttled, said of reservation (.+)$'))
where kind = 'cooldown' and details ->> 'cause' = 'throttled' and not details ? 'reservationId'
  and reason like 'throttled, said of reservation %';
