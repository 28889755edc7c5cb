/**
 * Links that show one account to a person without a key. A link is `/s/<shareId>_<secret>`. The
 * database keeps an HMAC-SHA256 of share id, account and expiry under the 256 random bits of the
 * secret, and not the secret: so a row makes no link, and a row whose account or expiry
 * was changed opens nothing. Instants are in ms.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

export type Share = {
  /** Grows with each link; the place of a link in a list. */
  readonly number: number;
  readonly shareId: string;
  readonly accountId: string;
  /** What operators call the link; null: it has no label. */
  readonly label: string | null;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly revokedAt: Instant | null;
  readonly revokedBy: string | null;
  /** To the minute; null: the link was never opened. */
  readonly lastOpenedAt: Instant | null;
};

export const SHARE_ID_PATTERN = '^[0-9a-f]{16}$';
const TOKEN = /^([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;
const SHARE = `jsonb_build_object('number', s.share_number, 'shareId', s.share_id,
  'accountId', s.account_id, 'label', s.label, 'createdBy', s.created_by, 'createdAt', safeband.ms_of(s.created_at),
  'expiresAt', safeband.ms_of(s.expires_at), 'revokedAt', safeband.ms_of(s.revoked_at),
  'revokedBy', s.revoked_by, 'lastOpenedAt', safeband.ms_of(s.last_opened_at))`;

type Signed = Pick<Share, 'shareId' | 'accountId' | 'expiresAt'>;
const signatureOf = (secret: string, { shareId, accountId, expiresAt }: Signed): Buffer =>
  createHmac('sha256', secret).update(`${shareId} ${accountId} ${expiresAt}`).digest();

/** The state of a link, as people see it. */
export type ShareState = 'valid' | 'expired' | 'revoked';
export function shareStateOf(
  { revokedAt, expiresAt }: Pick<Share, 'revokedAt' | 'expiresAt'>,
  now: Instant,
): ShareState {
  if (revokedAt !== null) return 'revoked';
  return expiresAt > now ? 'valid' : 'expired';
}

/** Makes a link to an account that exists; `token` is returned only here. */
export async function makeShare(
  db: Queryable,
  order: {
    readonly accountId: string;
    readonly by: string;
    readonly at: Instant;
    readonly lastsMs: number;
    readonly label?: string | null;
  },
): Promise<{ readonly share: Share; readonly token: string }> {
  const { accountId, by, at, lastsMs, label = null } = order;
  const shareId = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const expiresAt = at + lastsMs;
  const signature = signatureOf(secret, { shareId, accountId, expiresAt });
  const [share] = await rowsOf<Share>(
    db,
    `insert into safeband.shares as s
       (share_id, account_id, signature, created_by, created_at, expires_at, label)
     values ($1, $2, $3, $4, safeband.at_ms($5), safeband.at_ms($6), $7) returning ${SHARE} as row`,
    [shareId, accountId, signature, by, at, expiresAt, label],
  );
  if (!share) throw new Error('an insert returns its row');
  return { share, token: `${shareId}_${secret}` };
}

/** Reads the links of an account, also those that are no longer valid, the newest first. */
export const listShares = (
  db: Queryable,
  accountId: string,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<readonly Share[]> =>
  rowsOf(
    db,
    `select ${SHARE} as row from safeband.shares s
      where s.account_id = $1 and ($2::bigint is null or s.share_number < $2)
      order by s.share_number desc limit $3`,
    [accountId, before, limit],
  );

/**
 * Revokes a link; a link that is revoked already stays as it is. `accountId` null: of any account.
 * Undefined if there is no such link.
 */
export async function revokeShare(
  db: Queryable,
  order: {
    readonly shareId: string;
    readonly accountId: string | null;
    readonly by: string;
    readonly at: Instant;
  },
): Promise<Share | undefined> {
  const { shareId, accountId, by, at } = order;
  await db.query(
    `update safeband.shares set revoked_at = safeband.at_ms($4), revoked_by = $3
      where share_id = $1 and ($2::text is null or account_id = $2) and revoked_at is null`,
    [shareId, accountId, by, at],
  );
  const [share] = await rowsOf<Share>(
    db,
    `select ${SHARE} as row from safeband.shares s
      where s.share_id = $1 and ($2::text is null or s.account_id = $2)`,
    [shareId, accountId],
  );
  return share;
}

/**
 * Returns the link of a token; undefined if it is expired, revoked or forged, without a difference.
 * The signature is compared in constant time, also where there is no row.
 */
export async function openShare(
  db: Queryable,
  token: string,
  now: Instant,
): Promise<Share | undefined> {
  const [, shareId, secret] = TOKEN.exec(token) ?? [];
  if (shareId === undefined || secret === undefined) return undefined;
  const { rows } = await db.query<{ share: Share; signature: Buffer }>(
    `select ${SHARE} as share, s.signature from safeband.shares s where s.share_id = $1`,
    [shareId],
  );
  const [known] = rows;
  const signed = known?.share ?? { shareId, accountId: '', expiresAt: 0 };
  const signature = known?.signature ?? Buffer.alloc(32);
  const isRight = timingSafeEqual(signatureOf(secret, signed), signature);
  return known && isRight && shareStateOf(known.share, now) === 'valid' ? known.share : undefined;
}

/** Notes that the link was opened, at most once a minute. */
export async function noteOpened(db: Queryable, shareId: string, now: Instant): Promise<void> {
  await db.query(
    `update safeband.shares set last_opened_at = safeband.at_ms($2)
      where share_id = $1
        and (last_opened_at is null or last_opened_at < safeband.at_ms($2) - interval '1 minute')`,
    [shareId, now],
  );
}
