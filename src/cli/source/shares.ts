/** Links to an account: by Postgres, or by the HTTP API with a key. */
import type { Instant } from '../../domain/primitives/time.js';
import { lengthOf } from '../../domain/wire/shareOrder.js';
import { listShares, makeShare, revokeShare } from '../../postgres/access/shares.js';
import type { Pool } from '../../postgres/pool.js';
import { shareJson } from '../shapes.js';
import { having, pages, picked } from './answers.js';
import { Answered, type Http } from './http.js';
import type { ShareJson, Shares } from './source.js';

type Direct = {
  readonly pool: () => Pool;
  readonly now: () => Instant;
  readonly known: (accountId: string) => Promise<void>;
  /** The address at which people open the server. */
  readonly publicUrl: () => string;
};

/** Returns the links of this database. */
export const directShares = ({ pool, now, known, publicUrl }: Direct): Shares => ({
  make: async (accountId, { hours, label, actor: by }) => {
    const base = publicUrl();
    await known(accountId);
    const order = { accountId, by, at: now(), lastsMs: lengthOf(hours), label };
    const { share, token } = await makeShare(pool(), order);
    return { ...shareJson(share, now()), url: `${base}/s/${token}` };
  },
  list: async (accountId, limit) => {
    await known(accountId);
    const found = await listShares(pool(), accountId, { before: null, limit });
    return found.map((one) => shareJson(one, now()));
  },
  revoke: async (accountId, shareId, by) => {
    const revoked = await revokeShare(pool(), { accountId, shareId, by, at: now() });
    return revoked && shareJson(revoked, now());
  },
});

const SHARE = [
  ...(['shareId', 'accountId', 'label', 'state', 'createdBy', 'createdAt'] as const),
  ...(['expiresAt', 'revokedAt', 'revokedBy', 'lastOpenedAt'] as const),
];

type Paths = {
  readonly of: (accountId: string) => string;
  readonly knowing: <T>(accountId: string, work: Promise<T>) => Promise<T>;
};

/** Returns the links that the key may see. The server records the name of the key. */
export const byKeyShares = (http: Http, { of, knowing }: Paths): Shares => ({
  make: async (accountId, { hours, label, actor }) => {
    const order = { expiresInHours: hours, label, actor };
    const made = http.post(`${of(accountId)}/shares`, order);
    const has = [...SHARE, 'url'] as const;
    return picked(
      having<ShareJson & { readonly url: string }>(await knowing(accountId, made), has),
      has,
    );
  },
  list: async (accountId, limit) => {
    const asked = { path: `${of(accountId)}/shares`, query: {}, limit, after: null, has: SHARE };
    const { items } = await knowing(accountId, pages<ShareJson>(http, asked));
    return items.map((one) => picked(one, SHARE));
  },
  revoke: async (accountId, shareId) => {
    try {
      const path = `${of(accountId)}/shares/${encodeURIComponent(shareId)}`;
      return picked(having<ShareJson>(await knowing(accountId, http.remove(path)), SHARE), SHARE);
    } catch (error) {
      const isUnknown =
        error instanceof Answered && (error.kind === 'share-unknown' || error.field === 'shareId');
      if (isUnknown) return undefined;
      throw error;
    }
  },
});
