-- True if the caller asked for the slot with `again: true`: the account compared its recipient with
-- no other (R20). Later rows of the same reservation keep it.
alter table safeband.reservations add column again boolean not null default false;
