/**
 * Claims of accounts on recipients of their group (R20, `recipientScope`). An account has the claim
 * before it grants. The claim ends when the rows of the account show the decision, or when the
 * account gives it back. No lock outlives its statement or transaction.
 */
import { contactEnd } from '../../domain/fleet/groupAsk.js';
import type {
  ContactClaims,
  ClaimedContacts,
  LeftClaim,
} from '../../domain/fleet/contactClaims.js';
import type { RecipientId, ReservationId } from '../../domain/primitives/ids.js';
import { searchKeyOf } from '../../domain/primitives/linkedinId.js';
import { CLAIM_MS, VERIFY_RETRY_MS } from '../../domain/primitives/limits.js';
import type { Instant, UtcDay } from '../../domain/primitives/time.js';
import { ERASED } from '../data/erased.js';
import { erasedRecipient, prefixOf, type ErasureKey } from '../data/erasureKey.js';
import { rowsOf, type Queryable } from '../pool.js';
import { CONTACTS_MAX, IS_UNSAVED, mayBe, refuseUnknownKey } from './contacts.js';
import { groupKeyOf } from './desk.js';

/** Less than a try of the activity waits. */
const STATEMENT_MS = 1_500;

type Keys = {
  readonly rows: readonly string[];
  readonly erased: readonly (string | null)[];
  readonly search: readonly string[];
};

const keysOf = (recipients: readonly RecipientId[], key: ErasureKey | undefined): Keys => ({
  rows: recipients.map(groupKeyOf),
  erased: recipients.map((id) => (key ? erasedRecipient(key, id) : null)),
  search: recipients.map(searchKeyOf),
});

/**
 * Takes the claims, except for recipients whom another account or an ask of the group works with.
 * Call it in a transaction: the claims are taken first, so that what they do not see comes later.
 */
export async function claimContacts(
  db: Queryable,
  ask: ContactClaims,
  key?: ErasureKey,
): Promise<ClaimedContacts> {
  // A statement that comes after the answer of this try would leave a claim that no ask uses.
  await db.query(`set local statement_timeout = ${STATEMENT_MS}`);
  await refuseUnknownKey(db, ask.group, prefixOf(key), ask.since);
  const keys = keysOf(
    ask.claims.map(({ recipientId }) => recipientId),
    key,
  );
  const taken = await takeClaims(db, ask, keys);
  const ofGroup = await readOthers(db, ask, keys);
  const refused = new Set(
    ofGroup.filter(({ until }) => until === null || until > ask.at).map(({ claim }) => claim),
  );
  const { accountId, group, at, claims } = ask;
  // The try before this one may have had its answer, and the claim its grant: the workflow knows.
  const isLeft = (n: number): boolean => taken.get(n) === 'new' && refused.has(n);
  const left = claims.filter((_, n) => isLeft(n)).map((one) => ({ ...one, group, at }));
  await leaveClaims(db, { accountId, claims: left }, key);
  const claimed = claims.flatMap((_, n) => (taken.has(n) && !isLeft(n) ? [n] : []));
  return { ofGroup, claimed };
}

/** The rows are locked in the order of their keys, so two asks never wait for each other. */
async function takeClaims(
  db: Queryable,
  { accountId, group, at, claims }: ContactClaims,
  keys: Keys,
): Promise<ReadonlyMap<number, 'new' | 'renewed'>> {
  const { rows } = await db.query<{ place: number; isKnown: boolean }>(
    `with asked as (
       select coalesce((select known.recipient_key from safeband.group_recipients known
                         where known.group_name = $1 and known.recipient_key = a.erased
                           and a.erased like '${ERASED}%'), a.key) as key,
              a.reservation, a.place
         from unnest($4::text[], $5::text[], $6::text[])
           with ordinality as a (key, erased, reservation, place)),
     taken as (
       insert into safeband.group_recipients as c
         (group_name, recipient_key, claimed_by, claimed_for, claimed_at)
       select $1, key, $2, reservation, safeband.at_ms($3)
         from (select distinct on (key) key, reservation from asked order by key, place) once
        order by key
       on conflict (group_name, recipient_key) do update
         set claimed_by = excluded.claimed_by, claimed_for = excluded.claimed_for,
             claimed_at = excluded.claimed_at, recorded_at = clock_timestamp(),
             -- A late grant of an ask of the group whose time has ended is then given back (R31).
             held_until = case when c.held_by = excluded.claimed_for then c.held_until end,
             held_by = case when c.held_by = excluded.claimed_for then c.held_by end
         where (c.held_by is null or c.held_by = excluded.claimed_for
             or c.held_until < clock_timestamp())
           and case when c.claimed_by = excluded.claimed_by
                    -- A late try of an earlier ask must not replace a later claim.
                    then c.claimed_at <= excluded.claimed_at
                    else not safeband.is_open_claim(c) end
       returning recipient_key, claimed_for)
     select (asked.place - 1)::int as place, exists (
              select from safeband.group_recipients before
               where before.group_name = $1 and before.recipient_key = asked.key
                 and before.claimed_by = $2 and before.claimed_for = asked.reservation
                 and before.claimed_at = safeband.at_ms($3)) as "isKnown"
       from asked
       join taken on taken.recipient_key = asked.key and taken.claimed_for = asked.reservation`,
    [group, accountId, at, keys.rows, keys.erased, claims.map((one) => one.reservationId)],
  );
  return new Map(rows.map(({ place, isKnown }) => [place, isKnown ? 'renewed' : 'new']));
}

type OtherRow = {
  readonly claim: number;
  readonly recipientId: string | null;
  readonly reservationId: ReservationId;
  readonly state: 'in_flight' | 'uncertain' | 'delivered' | 'waiting' | 'held' | 'claimed';
  readonly quotaDay: UtcDay | null;
  readonly until: Instant | null;
};

/** Who else of the group has contacted each recipient, waits for them, or asks now. */
const OTHERS = `
  select jsonb_build_object('claim', asked.place - 1, 'recipientId', r.recipient_id,
     'reservationId', r.reservation_id, 'state', r.state,
     'quotaDay', safeband.day_no(r.quota_day), 'until', safeband.ms_of(r.until)) as row
   from unnest($3::text[], $4::text[], $5::text[], $6::text[])
     with ordinality as asked (key, erased, search, reservation, place)
   cross join lateral (
     select * from (
       select s.recipient_id::text, s.reservation_id::text, s.state, s.quota_day,
              null::timestamptz as until
         from safeband.reservations s join safeband.accounts a using (account_id)
        where s.recipient_key collate "C" in (asked.search, asked.erased)
          and a.group_name = $1 and account_id <> $2 and s.state <> 'released'
          and (s.state = 'in_flight' or s.quota_day >= safeband.day_at($7))
       union all
       select p.recipient_id::text, 'imported:' || safeband.utc_day(p.sent_at), 'delivered',
              safeband.utc_day(p.sent_at), null
         from safeband.past_sends p join safeband.accounts a using (account_id)
        where p.recipient_key collate "C" in (asked.search, asked.erased)
          and a.group_name = $1 and account_id <> $2
          and safeband.utc_day(p.sent_at) >= safeband.day_at($7)
       union all
       select w.recipient_id::text, w.reservation_id::text, 'waiting', null, w.valid_until
         from safeband.waiting w join safeband.accounts a using (account_id)
        where w.recipient_key collate "C" in (asked.search, asked.erased)
          and w.state in ('waiting', 'granted') and safeband.keeps_recipient(w)
          and a.group_name = $1 and account_id <> $2
       union all
       -- A grant of the group whose row is not saved yet.
       select null, c.reservation_id::text, 'in_flight', null, null
         from safeband.group_recipients c
        where c.group_name = $1 and c.recipient_key in (asked.key, asked.erased)
          and c.account_id <> $2 and ${IS_UNSAVED}
       union all
       select null, c.held_by::text, 'held', null, c.held_until
         from safeband.group_recipients c
        where c.group_name = $1 and c.recipient_key in (asked.key, asked.erased)
          and c.held_by <> asked.reservation and c.held_until >= clock_timestamp()
       union all
       select null, c.claimed_for::text, 'claimed', null, null
         from safeband.group_recipients c
        where c.group_name = $1 and c.recipient_key in (asked.key, asked.erased)
          and c.claimed_by <> $2 and safeband.is_open_claim(c)) found
     order by found.quota_day desc nulls first, found.reservation_id limit ${CONTACTS_MAX}) r`;

async function readOthers(
  db: Queryable,
  ask: ContactClaims,
  keys: Keys,
): Promise<ClaimedContacts['ofGroup']> {
  const { accountId, group, claims, since, at } = ask;
  const rows = await rowsOf<OtherRow>(db, OTHERS, [
    group,
    accountId,
    keys.rows,
    keys.erased,
    keys.search,
    claims.map((one) => one.reservationId),
    since,
  ]);
  return rows
    .filter((row) => mayBe(row.recipientId, claims[row.claim]?.recipientId))
    .map((row) => ({
      claim: row.claim,
      reservationId: row.reservationId,
      until: endOf(row, ask, at),
    }));
}

/** Returns until when a row refuses; a claim of another account is decided within seconds. */
function endOf(
  { state, quotaDay, until }: OtherRow,
  { day: today, memoryDays }: ContactClaims,
  at: Instant,
): Instant | null {
  if (state === 'claimed') return at + VERIFY_RETRY_MS;
  if (state === 'held') return until;
  // Its time may have ended, but a grant before that may still be unsaved.
  if (state === 'waiting') return Math.max(until ?? 0, at + VERIFY_RETRY_MS);
  return quotaDay === null ? null : contactEnd({ state, quotaDay, today, memoryDays });
}

/** Gives claims back, each in a statement of its own; a later claim of the account stays. */
export async function leaveClaims(
  db: Queryable,
  { accountId, claims }: { readonly accountId: string; readonly claims: readonly LeftClaim[] },
  key?: ErasureKey,
): Promise<void> {
  for (const { group, recipientId, reservationId, at } of claims) {
    const { rows, erased } = keysOf([recipientId], key);
    await db.query(
      freed(
        'c.claimed_for = $2 and c.claimed_at = safeband.at_ms($3) and ' +
          'c.group_name = $4 and c.recipient_key in ($5, $6)',
        'for update',
      ),
      [accountId, reservationId, at, group, rows[0], erased[0]],
    );
  }
}

/**
 * Ends the claims that a whole save of the account shows to be decided: a younger one may still be.
 * It waits for no lock.
 */
export async function settleClaims(db: Queryable, accountId: string, at: Instant): Promise<void> {
  await db.query(freed('c.claimed_at < safeband.at_ms($2)', 'for update skip locked'), [
    accountId,
    at - CLAIM_MS,
  ]);
}

/** A row that nothing else uses is deleted. */
const freed = (where: string, lock: string): string => `
  with mine as materialized (
    select c.group_name, c.recipient_key, c.account_id is null and c.held_by is null as is_bare
      from safeband.group_recipients c where c.claimed_by = $1 and ${where} ${lock}),
  gone as (
    delete from safeband.group_recipients c using mine
     where c.group_name = mine.group_name and c.recipient_key = mine.recipient_key
       and mine.is_bare)
  update safeband.group_recipients c
     set claimed_by = null, claimed_for = null, claimed_at = null
    from mine where c.group_name = mine.group_name and c.recipient_key = mine.recipient_key
     and not mine.is_bare`;
