/**
 * Erases a person (R29): each id of the recipient, and each chat and message with them, is replaced
 * by its keyed hash in every table, in one transaction that leaves a trace. Only the owner of the
 * tables may do it.
 */
import { bareMemberId } from '../../domain/primitives/linkedinId.js';
import { REMEMBERED_DAYS } from '../../domain/primitives/limits.js';
import { dayOf, isoDay, MINUTE_MS, type Instant } from '../../domain/primitives/time.js';
import { groupKeyOf } from '../groups/desk.js';
import { inTransaction, type Pool, type Queryable } from '../pool.js';
import { proofsOf, readChatsKnownSince, spellingsOf } from './eraseIds.js';
import { FREE_TEXT, LAST_RUN, patternOf, textOf } from './eraseText.js';
import { erasedProof, erasedRecipient, type ErasureKey } from './erasureKey.js';
import { checkKey, readChain } from './sealRows.js';

export type EraseAsk = {
  readonly recipientId: string;
  /** Chats that no row connects with the recipient, such as those of external sends. */
  readonly chats: readonly string[];
  readonly by: string;
  readonly reason: string;
  readonly at: Instant;
  /** False: only counts the rows. */
  readonly isApplied: boolean;
  readonly progress?: (table: string) => void;
};

/** An account that still works with an id, and until when. */
export type Remembered = {
  readonly accountId: string;
  /** Null: the account is held, and the reason has the id. */
  readonly reservationId: string | null;
  readonly until: string | null;
};
export type Erased = {
  readonly hash: string;
  /** Changed rows by table; a table without one is not named. */
  readonly rows: Readonly<Record<string, number>>;
  /** Ids that free text was not searched for: they are numbers, or too short. */
  readonly notSearched: number;
  /**
   * The quota day from which the chats of deleted reservations are known; null: all are. Older
   * versions have deleted reservations without keeping their chats.
   */
  readonly chatsKnownSince: string | null;
  /** The trace; undefined: there is none. */
  readonly erasureId?: string;
  /** If there is one, nothing was changed. */
  readonly remembered: readonly Remembered[];
};

/** A day more than accounts remember: a save of the last day may come late. */
const FORGOTTEN_DAYS = REMEMBERED_DAYS + 2;
const SHOWN_MAX = 5;

/** True if a text has an id of the person, in its spelling or bare: the trace would keep it. */
export function namesPerson(text: string, recipientId: string, chats: readonly string[]): boolean {
  const known = [recipientId, bareMemberId(recipientId), ...chats];
  return known.some((id) => text.toLowerCase().includes(id.toLowerCase()));
}

/** Counts or erases; a count does the same work and takes it back. */
export async function erasePerson(pool: Pool, key: ErasureKey, ask: EraseAsk): Promise<Erased> {
  const hash = erasedRecipient(key, ask.recipientId);
  const back: { done?: Erased } = {};
  try {
    return await inTransaction(pool, async (db) => {
      back.done = await eraseIn(db, key, ask, hash);
      if (!ask.isApplied || back.done.remembered.length > 0) throw new TakenBack();
      return back.done;
    });
  } catch (error) {
    if (error instanceof TakenBack && back.done) return back.done;
    throw error;
  }
}
class TakenBack extends Error {}

async function eraseIn(
  db: Queryable,
  key: ErasureKey,
  ask: EraseAsk,
  hash: string,
): Promise<Erased> {
  await db.query(`set local statement_timeout = ${10 * MINUTE_MS}`);
  // With another key, the hashes would differ from those in the seals, and their months from them.
  checkKey(key, (await readChain(db)).keyId);
  const spellings = await spellingsOf(db, ask.recipientId);
  const proofs = await proofsOf(db, ask.recipientId, spellings, ask.chats);
  const chatsKnownSince = await readChatsKnownSince(db);
  const all = [ask.recipientId, ...spellings, ...proofs.chats, ...proofs.messages];
  const { pattern, notSearched } = patternOf(all);
  const remembered = [
    ...(await rememberedIn(db, spellings, proofs.chats, ask.at)),
    ...(pattern === null ? [] : await heldWith(db, pattern)),
  ];
  const found = { hash, notSearched, chatsKnownSince, remembered };
  if (remembered.length > 0) return { ...found, rows: {} };
  const { rows: trace } = await db.query<{ id: string }>(
    `insert into safeband.erasures (hash, erased_by, reason) values ($1, $2, $3)
     returning erasure_id::text as id`,
    [hash, ask.by, ask.reason],
  );
  const counts = new Map<string, number>();
  const change = async (table: string, sql: string, values: readonly unknown[]): Promise<void> => {
    ask.progress?.(table);
    const { rowCount } = await db.query(sql, [...values]);
    if (rowCount) counts.set(table, (counts.get(table) ?? 0) + rowCount);
  };
  const hashes = (ids: readonly string[]): readonly string[] =>
    ids.map((id) => erasedProof(key, id));
  const { chats, messages } = proofs;
  for (const table of ['reservations', 'reservation_history', 'send_attempts', 'inmail_events']) {
    await change(table, proofsOfTable(table), [chats, hashes(chats), messages, hashes(messages)]);
  }
  await change(
    'replies',
    `update safeband.replies r set chat_id = erased.hash
       from unnest($1::text[], $2::text[]) as erased (chat, hash) where r.chat_id = erased.chat`,
    [chats, hashes(chats)],
  );
  // The log has hashes of these chats now, so no later erasure needs them.
  await change(
    'recipient_chats',
    'delete from safeband.recipient_chats where chat_id = any($1::text[])',
    [chats],
  );
  for (const table of ['reservations', 'past_sends', 'waiting']) {
    await change(
      table,
      `update safeband.${table} set recipient_id = $1::text, recipient_key = $1::text
        where recipient_id = any($2::text[])`,
      [hash, spellings],
    );
  }
  await change('group_recipients', GROUP_RECIPIENTS, [hash, spellings.map(groupKeyOf)]);
  if (pattern !== null) {
    for (const [table, column, kind] of FREE_TEXT) {
      await change(table, textOf(table, column, kind), [pattern, hash]);
    }
    await change('accounts', LAST_RUN, [pattern, hash]);
  }
  const rows = Object.fromEntries(counts);
  await db.query('update safeband.erasures set rows = $2 where erasure_id = $1', [
    trace[0]?.id,
    JSON.stringify(rows),
  ]);
  const erasureId = trace[0]?.id;
  return { ...found, rows, ...(erasureId ? { erasureId } : {}) };
}

/** A row with the hash exists already if a pipeline without the key has asked since an erasure. */
const GROUP_RECIPIENTS = `
  with double as (
    delete from safeband.group_recipients c
     where c.recipient_key = any($2::text[]) and exists (
       select from safeband.group_recipients erased
        where erased.group_name = c.group_name and erased.recipient_key = $1)
    returning c.group_name, c.recipient_key)
  update safeband.group_recipients c set recipient_key = $1::text
   where c.recipient_key = any($2::text[]) and not exists (
     select from double where double.group_name = c.group_name
        and double.recipient_key = c.recipient_key)`;

/** Finds accounts whose workflow still has one of these ids: its next save would bring it back. */
async function rememberedIn(
  db: Queryable,
  spellings: readonly string[],
  chats: readonly string[],
  at: Instant,
): Promise<readonly Remembered[]> {
  const { rows } = await db.query<{ account: string; id: string; day: number | null }>(
    `with found as (
       select account_id, reservation_id, quota_day, state = 'in_flight' as is_open
         from safeband.reservations where recipient_id = any($1::text[])
       union
       select account_id, coalesce(reservation_id, 'external'), quota_day, false
         from safeband.inmail_events where chat_id collate "C" = any($2::text[])
       union
       select account_id, reservation_id, null, true from safeband.waiting
        where recipient_id = any($1::text[]) and state = 'waiting')
     select account_id as account, reservation_id as id,
            case when not is_open then safeband.day_no(quota_day) end as day
       from found join safeband.accounts a using (account_id)
      where is_open or quota_day + $3::int >= case when a.state = 'disconnected'
        then safeband.day_at($4) else least(safeband.day_at($4), a.counter_day) end
      order by is_open desc, quota_day desc limit ${SHOWN_MAX}`,
    [spellings, chats, FORGOTTEN_DAYS, dayOf(at)],
  );
  return rows.map(({ account, id, day }) => ({
    accountId: account,
    reservationId: id,
    until: day === null ? null : isoDay(day + FORGOTTEN_DAYS + 1),
  }));
}

/** Finds held accounts whose reason has an id: their next save would write it again. */
async function heldWith(db: Queryable, pattern: string): Promise<readonly Remembered[]> {
  const { rows } = await db.query<{ account: string }>(
    `select account_id as account from safeband.accounts
      where hold_actor is not null and hold_reason ~* $1::text order by 1 limit ${SHOWN_MAX}`,
    [pattern],
  );
  return rows.map(({ account }) => ({ accountId: account, reservationId: null, until: null }));
}

/** Replaces chats and messages; $1 and $3 are the ids, $2 and $4 their hashes. */
const proofsOfTable = (table: string): string => `
  with chats as (select * from unnest($1::text[], $2::text[]) as c (id, hash)),
  messages as (select * from unnest($3::text[], $4::text[]) as m (id, hash))
  update safeband.${table} t
     set chat_id = c.hash,
         message_id = coalesce((select m.hash from messages m where m.id = t.message_id),
           t.message_id)
    from chats c where t.chat_id = c.id`;
