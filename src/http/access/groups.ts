/** What a limited key may do with the group of an account (R26). */
import { isKnown } from '../../postgres/read/lists.js';
import { readGroup } from '../../postgres/groups/members.js';
import type { Queryable } from '../../postgres/pool.js';
import type { FastifyRequest } from 'fastify';
import { credentialIn } from './auth.js';
import type { Keyring } from './keyring.js';
import { accountUnknown, forbidden, problemOf } from '../plumbing/problems.js';
import { hasGroup, maySee, type Caller } from './caller.js';

/** Looks a key of groups up again at its next request: it has connected an account. */
export function refreshRights(
  { keyring }: { readonly keyring: Keyring },
  request: FastifyRequest,
): void {
  const shown = credentialIn(request);
  if (shown && request.caller.groups !== null) keyring.forget(shown);
}

type Asked = {
  readonly accountId: string;
  /** Undefined: the message does not name it. Null: none. */
  readonly group: string | null | undefined;
};

/**
 * Throws if a limited key sets a group that it does not have: the account would come to people who
 * do not know of it, and the key may lose it. The present group of the account may be repeated.
 */
export async function checkGroup(
  db: Queryable,
  caller: Caller,
  { accountId, group }: Asked,
): Promise<void> {
  if (group === undefined || caller.accounts === null) return;
  if (group !== null && hasGroup(caller, group)) return;
  if ((await readGroup(db, accountId)) === group) return;
  const own = caller.groups === null ? 'which has no groups' : `of ${caller.groups.join(', ')}`;
  throw forbidden(
    `this key, ${own}, cannot set the group ${group ?? 'none'}`,
    'use a key of all accounts, or one that is limited to both groups',
  );
}

/**
 * Throws if the key may not connect the account. A key of groups may connect an account that does
 * not exist yet, into one of its groups.
 */
export async function checkConnect(db: Queryable, caller: Caller, asked: Asked): Promise<void> {
  const { accountId, group } = asked;
  if (maySee(caller, accountId)) return checkGroup(db, caller, asked);
  if (caller.groups === null) throw accountUnknown();
  // The same answer whether the account exists or not, so that it reveals nothing.
  const isOwn = group !== undefined && group !== null && hasGroup(caller, group);
  if (isOwn && !(await isKnown(db, accountId))) return;
  throw problemOf(
    'AccountUnknown',
    'this key has no account with this id; it connects a new account with a group of its own: ' +
      caller.groups.join(', '),
  );
}
