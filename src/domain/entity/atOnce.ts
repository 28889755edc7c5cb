/**
 * Starts that have no history to read: the account is new, or Temporal has none of its runs. Their
 * row is claimed with the read (R13). If the answer is lost, the row is claimed already, and the
 * start reads it again: its account is then the same.
 */
import type { Entity } from './entity.js';
import { isOfAnother, restore, withoutHistory } from './restore.js';
import type { Start } from '../commands/administer.js';
import type { AccountId } from '../primitives/ids.js';
import type { Place, ReadBack, ReadPart, StoredAccount } from '../records/snapshot.js';
import type { Instant, UtcDay } from '../primitives/time.js';

/** What a start asks of Postgres. */
export type ReadAsk = {
  readonly accountId: AccountId;
  readonly day: UtcDay;
  /** If present, the answer also has the alerts and changes above this number. */
  readonly after?: number;
  /** If present, only this part, which an earlier answer had `left`; else as much as fits. */
  readonly part?: ReadPart;
  /** Absent if this is no start, after a reset, and in the ask of an older worker. */
  readonly opening?: Opening;
};
/** A start whose row may be claimed with the read, which saves an activity (R13). */
export type Opening = {
  readonly start: Start;
  /** The chain of runs that may write the row from now on. */
  readonly owner: string;
  readonly at: Instant;
  /** True if Temporal has no older run of the account, so that no history is to read. */
  readonly isFirstRun: boolean;
  readonly place: Place;
};

/**
 * True if the row may be claimed with the read. A row that was written after the start has asked
 * has a later writer, and the start may have ended: then it gets the rows and no claim.
 */
export function isAtOnce(found: ReadBack, { owner, isFirstRun, at }: Opening): boolean {
  const { account: stored } = found;
  if (stored === null) return true;
  return stored.updatedAt <= at && (isFirstRun || isOwnNew(found, owner));
}

/** Returns the account of a start that has no history to read. */
export function restoreAtOnce(
  found: ReadBack,
  { start, owner, at }: Pick<Opening, 'start' | 'owner' | 'at'>,
): Entity {
  const { account: stored } = found;
  if (stored === null || isOwnNew(found, owner)) {
    return restore(start, { ...found, account: null }, owner, at);
  }
  const isLost = isOfAnother(stored, owner) || isOwnUnclean(stored, owner);
  const last = isLost ? withoutHistory(start, found, owner, at) : null;
  return restore(start, found, owner, at, false, last);
}

/** True if this chain's claim has made the row of a new account, and nothing was saved since. */
const isOwnNew = ({ account: stored, lastWrite }: ReadBack, owner: string): boolean =>
  stored?.owner === owner && stored.savedRunId === owner && lastWrite === 0;

/**
 * True if this chain's claim has stopped the account, and nothing was saved since: the alert and
 * the doubt about slots in flight are in no row yet (R6).
 */
const isOwnUnclean = (stored: StoredAccount, owner: string): boolean =>
  stored.owner === owner &&
  stored.version === stored.ownerVersion &&
  stored.cooldowns.some(({ cause, until }) => cause === 'unclean_end' && stored.updatedAt < until);
