/**
 * API keys and the log-ins made with them. A key is `sb_<keyId>_<secret>`: the id finds the row,
 * and of the 256 random bits of the secret only a SHA-256 is kept. Instants are in ms.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { shown } from '../../domain/primitives/text.js';
import type { Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

/** The roles of a key; an operator may do everything, a reader changes nothing. */
export const ROLES = ['pipeline', 'reader', 'operator'] as const;
export type Role = (typeof ROLES)[number];
/** Maximum characters of a key's name: an actor with it must still fit a workflow's limit. */
export const KEY_NAME_MAX = 64;

/** The actors of Safeband and Temporal themselves in lists of changes; no key may have them. */
const OWN_NAMES = ['safeband', 'temporal'];
export const isOwnName = (name: string): boolean => OWN_NAMES.includes(name.trim().toLowerCase());
/** Returns what is wrong with the name of a key; undefined if nothing is. */
export function nameFlaw(name: string): string | undefined {
  if (name.trim() === '' || name.length > KEY_NAME_MAX) {
    return `a key's name should have 1 to ${KEY_NAME_MAX} characters`;
  }
  if (name.trim() !== name || shown(name) !== name) {
    return "a key's name should have no control or invisible character, and no blank at its ends";
  }
  return isOwnName(name)
    ? `a key cannot be named ${name}: the system itself uses this name`
    : undefined;
}

export type Caller = {
  readonly keyId: string;
  /** The name of the key: the actor of the changes that are made with it. */
  readonly name: string;
  readonly role: Role;
  /**
   * The accounts that it may see: those it names, and those that its groups have now (R26). Null:
   * all accounts.
   */
  readonly accounts: readonly string[] | null;
  /** The groups that it is limited to; null: none, so `accounts` has only what the key names. */
  readonly groups: readonly string[] | null;
};
/** A key as it was made: `accounts` has only the accounts that it names. */
export type KeyRow = Caller & {
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
  readonly lastUsedAt: Instant | null;
};

const NAMED = `'keyId', k.key_id, 'name', k.name, 'role', k.role, 'groups', to_jsonb(k.groups)`;
const CALLER = `${NAMED}, 'accounts', case when k.groups is null then to_jsonb(k.accounts) else (
    select coalesce(jsonb_agg(m.account_id), '[]') from (
      select unnest(k.accounts) as account_id
      union select a.account_id from safeband.accounts a where a.group_name = any(k.groups)) m) end`;
const KEY = `jsonb_build_object(${NAMED}, 'accounts', to_jsonb(k.accounts), 'createdAt', safeband.ms_of(k.created_at),
  'revokedAt', safeband.ms_of(k.revoked_at), 'lastUsedAt', safeband.ms_of(k.last_used_at))`;
const PARTS = /^sb_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Returns the part of a key that is no secret; undefined if the text is no key. */
export const keyIdIn = (text: string): string | undefined => PARTS.exec(text)?.[1];

const secret = (): string => randomBytes(32).toString('base64url');
/** Returns the hash that is kept of a key, or of the token of a log-in. */
export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Returns which accounts a key or an endpoint has, such as `acme-anna, group eu-sales`. */
export const scopeText = ({ accounts, groups }: Pick<Caller, 'accounts' | 'groups'>): string =>
  accounts === null && groups === null
    ? 'all'
    : [...(accounts ?? []), ...(groups ?? []).map((group) => `group ${group}`)].join(', ');

/** Without accounts and groups, a key sees all accounts. */
export type KeyInput = Pick<Caller, 'name' | 'role'> & Partial<Pick<Caller, 'accounts' | 'groups'>>;

/**
 * Makes a key; `by` is the actor. `key` is returned only here. Undefined if a key with that name is
 * not revoked.
 */
export async function makeKey(
  db: Queryable,
  { name, role, accounts = null, groups = null }: KeyInput,
  by = '',
): Promise<{ readonly keyId: string; readonly key: string } | undefined> {
  const flaw = nameFlaw(name);
  if (flaw !== undefined) throw new RangeError(flaw);
  const keyId = randomBytes(8).toString('hex');
  const key = `sb_${keyId}_${secret()}`;
  const { rowCount } = await db.query(
    `insert into safeband.api_keys (key_id, name, role, accounts, hash, groups)
     select $1, $2, $3, $4::text[], $5, $7::text[] where set_config('safeband.actor', $6, true) is not null
     on conflict (name) where revoked_at is null do nothing`,
    [keyId, name, role, accounts, hashOf(key), by, groups],
  );
  return rowCount === 1 ? { keyId, key } : undefined;
}

/** Makes the first key of a new system; undefined if there is a key already. */
export async function makeFirstKey(db: Queryable): Promise<string | undefined> {
  if (await hasKeys(db)) return undefined;
  return (await makeKey(db, { name: 'first', role: 'operator' }))?.key;
}

/** Reads all keys, revoked ones too, the newest first. */
export const listKeys = (db: Queryable): Promise<readonly KeyRow[]> =>
  rowsOf(
    db,
    `select ${KEY} as row from safeband.api_keys k order by k.created_at desc, k.key_id`,
    [],
  );

/**
 * Revokes the key with that id or name, and ends its log-ins. Undefined if no valid key has it.
 * Servers may accept it for some seconds more (`FRESH_MS` of the keyring).
 */
export async function revokeKey(
  db: Queryable,
  idOrName: string,
  by = '',
): Promise<KeyRow | undefined> {
  const [revoked] = await rowsOf<KeyRow>(
    db,
    `with k as (
       update safeband.api_keys set revoked_at = clock_timestamp()
        where revoked_at is null and (key_id = $1 or name = $1)
          and set_config('safeband.actor', $2, true) is not null returning *
     ), ended as (
       delete from safeband.sessions s using k where s.key_id = k.key_id
     )
     select ${KEY} as row from k`,
    [idOrName, by],
  );
  return revoked;
}

/** True if there is a key that is not revoked. */
export async function hasKeys(db: Queryable): Promise<boolean> {
  const { rows } = await db.query(
    'select 1 from safeband.api_keys where revoked_at is null limit 1',
  );
  return rows.length > 0;
}

/** Returns the owner of a key; undefined if it is unknown or revoked. Compares in constant time. */
export async function findKey(db: Queryable, key: string): Promise<Caller | undefined> {
  const [, keyId] = PARTS.exec(key) ?? [];
  if (keyId === undefined) return undefined;
  const { rows } = await db.query<{ caller: Caller; hash: Buffer }>(
    `select jsonb_build_object(${CALLER}) as caller, k.hash from safeband.api_keys k
      where k.key_id = $1 and k.revoked_at is null`,
    [keyId],
  );
  const known = rows[0];
  // Compared also where there is no row, so that both take the same time.
  const isRight = timingSafeEqual(hashOf(key), known?.hash ?? Buffer.alloc(32));
  return known && isRight ? known.caller : undefined;
}

/**
 * Returns those keys that are not revoked, and those log-ins (hashes in base64) that have not
 * ended.
 */
export async function stillGood(
  db: Queryable,
  { keyIds, sessions }: Readonly<Record<'keyIds' | 'sessions', readonly string[]>>,
): Promise<readonly string[]> {
  return rowsOf(
    db,
    `select to_jsonb(key_id) as row from safeband.api_keys
      where key_id = any($1::text[]) and revoked_at is null
     union all
     select to_jsonb(encode(s.hash, 'base64'))
       from safeband.sessions s join safeband.api_keys k using (key_id)
      where s.hash = any(select decode(one, 'base64') from unnest($2::text[]) as one)
        and s.expires_at > clock_timestamp() and k.revoked_at is null`,
    [keyIds, sessions],
  );
}

/** Notes that the key was used, to the minute. */
export async function noteUse(db: Queryable, keyId: string): Promise<void> {
  await db.query(
    `update safeband.api_keys set last_used_at = clock_timestamp()
      where key_id = $1
        and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`,
    [keyId],
  );
}

/** Logs in with a key for that many ms; the token is returned only here. */
export async function makeSession(
  db: Queryable,
  { keyId, lastsMs }: { readonly keyId: string; readonly lastsMs: number },
): Promise<string> {
  const token = secret();
  await db.query(
    `with gone as (delete from safeband.sessions where expires_at < clock_timestamp())
     insert into safeband.sessions (hash, key_id, expires_at)
     values ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')`,
    [hashOf(token), keyId, lastsMs],
  );
  return token;
}

/**
 * Returns the caller of a log-in; undefined if it is unknown or has ended, or its key is revoked.
 */
export async function findSession(db: Queryable, token: string): Promise<Caller | undefined> {
  if (!TOKEN.test(token)) return undefined;
  // Found by the hash of 256 random bits: the time of the search reveals nothing about a token.
  const [caller] = await rowsOf<Caller>(
    db,
    `select jsonb_build_object(${CALLER}) as row
       from safeband.sessions s join safeband.api_keys k using (key_id)
      where s.hash = $1 and s.expires_at > clock_timestamp() and k.revoked_at is null`,
    [hashOf(token)],
  );
  return caller;
}

/** Logs out. */
export async function endSession(db: Queryable, token: string): Promise<void> {
  await db.query('delete from safeband.sessions where hash = $1', [hashOf(token)]);
}
