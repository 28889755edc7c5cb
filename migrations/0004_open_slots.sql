-- After midnight account_status looks for slots that are carried. Of an account with 50,000
-- reservations it read every one: 6 ms. With an index for each half of the question it is 0.3 ms.
create index reservations_uncertain on safeband.reservations (account_id, lease_expires_at)
  where state = 'uncertain';
