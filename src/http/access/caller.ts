/** The caller of a request: a key and its rights. */
import type { Caller } from '../../postgres/access/keys.js';
import { forbidden } from '../plumbing/problems.js';

export { ROLES, type Caller, type Role } from '../../postgres/access/keys.js';

/** The right that a route needs: none, or a key that may read, send, or operate. */
export type Need = 'public' | 'read' | 'send' | 'operate';

/** The caller without a key: it has no right and sees no account. */
export const NOBODY: Caller = {
  keyId: '',
  name: 'nobody',
  role: 'reader',
  accounts: [],
  groups: null,
};

/** True if the key may see the account; if not, the answer is 404. */
export const maySee = ({ accounts }: Pick<Caller, 'accounts'>, accountId: string): boolean =>
  accounts === null || setOf(accounts).has(accountId);

/** A group may have many accounts, and pages and streams ask for each account. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();
function setOf(accounts: readonly string[]): ReadonlySet<string> {
  const known = sets.get(accounts) ?? new Set(accounts);
  sets.set(accounts, known);
  return known;
}

/** Throws 403 if the key is limited: the answer is about all accounts. */
export function checkAllAccounts({ accounts }: Pick<Caller, 'accounts'>): void {
  if (accounts === null) return;
  throw forbidden('this key is limited to some accounts', 'use a key of all accounts');
}

/** True if the key has all accounts of the group, also those that come into it later. */
export const hasGroup = ({ accounts, groups }: Caller, group: string): boolean =>
  accounts === null || (groups?.includes(group) ?? false);

/** True if the key has the right that the route needs. */
export function mayDo({ role }: Caller, need: Need): boolean {
  if (role === 'operator' || need === 'public' || need === 'read') return true;
  return need === 'send' && role === 'pipeline';
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler: the owner of the key or log-in, or `NOBODY` on a public route. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** The right that the route needs; a route without it is refused to every caller. */
    needs?: Need;
    /** True if the route checks a secret of its own, and reads no key and no cookie. */
    hasOwnSecret?: boolean;
    /** True: a key of a group may connect a new account, so the handler checks what it may see. */
    mayBeNew?: boolean;
    /** True for a page; the dashboard sets it for all of its routes. */
    isPage?: boolean;
  }
}
