/** Computes what lists are sorted, filtered and counted by, from the row of an account. */
import type { Instant } from '../../../domain/primitives/time.js';
import { sendingOf } from '../../../domain/wire/canSend.js';
import type { Entry } from '../../../postgres/list/entries.js';
import { nextEdge, type Numbers } from '../ui/numbers.js';
import { STATES } from '../ui/words.js';

/** Returns the entry of an account, from its row as of that instant. */
export const entryOf = (row: Row, at: Instant): Entry => ({
  accountId: row.accountId,
  state: row.state,
  urgency: STATES.indexOf(row.state),
  sending: sendingOf(row),
  group: row.group,
  counter: row.counter,
  logged: row.delivered + row.external,
  inFlight: row.inFlight,
  uncertain: row.uncertain,
  remaining: row.remaining,
  drift: row.drift,
  checkedAt: row.lastCheckedAt,
  cooldownUntil: row.cooldown?.until ?? null,
  // Later than now, so that no account is read again and again.
  endsAt: Math.max(nextEdge(row), at + 1),
});

/** What the entry is computed from: a row of the database, or of a page. */
type Row = Omit<Numbers, 'caps' | 'nextCheckAt' | 'logged' | 'asOf' | 'fullCapOn' | 'learnt'>;

type Shown = Omit<Entry, 'urgency' | 'checkedAt' | 'endsAt'>;
/** True if a list that has one entry is the same list with the other in its place. */
export const isSame = (one: Shown, other: Shown): boolean =>
  one.state === other.state &&
  one.sending === other.sending &&
  one.group === other.group &&
  one.counter === other.counter &&
  one.logged === other.logged &&
  one.inFlight === other.inFlight &&
  one.uncertain === other.uncertain &&
  one.remaining === other.remaining &&
  one.drift === other.drift &&
  one.cooldownUntil === other.cooldownUntil;
