-- Names of accounts and reservations may begin with _ or -, too: about 3 % of the ids that Unipile
-- and nanoid make do. Every name that was allowed stays so, hence no row is checked again.

alter domain safeband.account_id drop constraint account_id_check;
alter domain safeband.account_id add constraint account_id_check
  check (value ~ '^[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}$') not valid;
alter domain safeband.reservation_id drop constraint reservation_id_check;
alter domain safeband.reservation_id add constraint reservation_id_check
  check (value ~ '^[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}$') not valid;
