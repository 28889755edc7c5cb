/**
 * What the server keeps of each account to sort, filter and count the list: a few numbers, and not
 * its row. Postgres cannot sort or filter by them: they depend on the time, and some are answers of
 * the gate. The rows that a page shows are read from Postgres by their ids.
 */
import type { AccountState } from '../../../domain/gate/accountState.js';
import type { Instant } from '../../../domain/primitives/time.js';
import { sendingOf, type SendingGroup } from '../../../domain/wire/canSend.js';
import type { GroupCount } from '../../../postgres/groups/members.js';
import { nextEdge, type Numbers } from '../ui/numbers.js';
import { STATES } from '../ui/words.js';
import { Order } from './order.js';

export type Entry = Pick<
  Numbers,
  | 'accountId'
  | 'state'
  | 'counter'
  | 'logged'
  | 'inFlight'
  | 'uncertain'
  | 'remaining'
  | 'drift'
  | 'lastCheckedAt'
  | 'group'
> & {
  readonly sending: SendingGroup;
  readonly cooldownUntil: Instant | null;
  /** The first instant at which time changes the entry, and when the row was read. */
  edge: Instant;
  asOf: Instant;
  /** The number of the read: a later read is newer, also if its answer comes first. */
  read: number;
};

/** Returns the entry of an account, from its row. */
export const entryOf = (numbers: Numbers, read: number): Entry => ({
  accountId: numbers.accountId,
  state: numbers.state,
  counter: numbers.counter,
  logged: numbers.logged,
  inFlight: numbers.inFlight,
  uncertain: numbers.uncertain,
  remaining: numbers.remaining,
  drift: numbers.drift,
  lastCheckedAt: numbers.lastCheckedAt,
  group: numbers.group,
  sending: sendingOf(numbers),
  cooldownUntil: numbers.cooldown?.until ?? null,
  edge: nextEdge(numbers),
  asOf: numbers.asOf,
  read,
});

/** The orders of the list, and the number by which each sorts. */
export const SORT_KEYS = {
  id: () => 0,
  counter: ({ counter }) => counter,
  remaining: ({ remaining }) => remaining,
  drift: ({ drift }) => Math.abs(drift),
  state: ({ state }) => STATES.indexOf(state),
  checked: (entry, auditedAt) => checkedAtOf(entry, auditedAt) ?? 0,
} as const satisfies Readonly<Record<string, (entry: Entry, auditedAt: Instant | null) => number>>;
export type Sort = keyof typeof SORT_KEYS;

/**
 * Returns the last reconcile or audit of an account. An audit checks every connected account, and
 * changes none of their rows.
 */
export const checkedAtOf = (
  { state, lastCheckedAt }: Entry,
  auditedAt: Instant | null,
): Instant | null =>
  auditedAt === null || state === 'disconnected'
    ? lastCheckedAt
    : Math.max(auditedAt, lastCheckedAt ?? 0);

export type Counts = {
  readonly byState: Readonly<Record<AccountState, number>>;
  readonly bySending: Readonly<Record<SendingGroup, number>>;
  /** By name. */
  readonly byGroup: readonly GroupCount[];
};

/** True if a list that has one entry is the same list with the other in its place. */
const isSame = (one: Entry, other: Entry): boolean =>
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

/** Compares ids as the lists of Postgres do: by their characters, and not by a language. */
const byId = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** The entries of all accounts, or of those that a key may see. */
export class Entries {
  readonly #byId = new Map<string, Entry>();
  /** The accounts that are not read yet. */
  readonly #unread = new Set<string>();
  readonly #orders = new Map<string, Order<Entry>>();
  #ids: readonly string[] | null = null;
  #counts: Counts | null = null;
  #auditedAt: Instant | null = null;

  /** The number of accounts, with those that are not read yet. */
  get size(): number {
    return this.#byId.size + this.#unread.size;
  }
  get unread(): number {
    return this.#unread.size;
  }
  get auditedAt(): Instant | null {
    return this.#auditedAt;
  }

  /** Notes when the last audit ran: the order by the last reconcile depends on it. */
  setAudited(at: Instant | null): void {
    if (at === this.#auditedAt) return;
    this.#auditedAt = at;
    for (const order of ['checked asc', 'checked desc']) this.#orders.delete(order);
  }

  /** Adds accounts that are not read yet. */
  begin(ids: readonly string[]): void {
    for (const id of ids) if (!this.#byId.has(id)) this.#unread.add(id);
    this.#ids = null;
  }

  /** Forgets the accounts that the first read did not find. */
  end(): void {
    if (this.#unread.size > 0) this.#ids = null;
    this.#unread.clear();
  }

  /** Keeps an entry, and returns true if the list differs now. An older read changes nothing. */
  put(entry: Entry): boolean {
    const { accountId, lastCheckedAt, edge, asOf, read } = entry;
    const known = this.#byId.get(accountId);
    if (known && known.read > read) return false;
    const isKept = known !== undefined && isSame(known, entry);
    if (isKept && known.lastCheckedAt === lastCheckedAt) {
      // No order and no count depends on these, so the order of the list need not change.
      Object.assign(known, { edge, asOf, read });
      return false;
    }
    this.#byId.set(accountId, entry);
    if (!this.#unread.delete(accountId) && !known) this.#ids = null;
    for (const [name, order] of this.#orders) {
      if (!order.replace(known, entry)) this.#orders.delete(name);
    }
    if (isKept) return false;
    this.#counts = null;
    return true;
  }

  /** Forgets an account that has no row any more. */
  remove(accountId: string): void {
    const isKnown = [this.#unread.delete(accountId), this.#byId.delete(accountId)].includes(true);
    if (!isKnown) return;
    this.#orders.clear();
    this.#ids = null;
    this.#counts = null;
  }

  /** Returns the entries of these accounts. */
  of(accountIds: readonly string[]): Entries {
    const own = new Entries();
    own.setAudited(this.#auditedAt);
    for (const id of accountIds) {
      const entry = this.#byId.get(id);
      if (entry) own.put(entry);
      else if (this.#unread.has(id)) own.begin([id]);
    }
    return own;
  }

  /** Returns the entries that are read, in no order. */
  read(): Iterable<Entry> {
    return this.#byId.values();
  }

  /** Returns the ids of all accounts, ordered. */
  ids(): readonly string[] {
    this.#ids ??= [...this.#byId.keys(), ...this.#unread].toSorted(byId);
    return this.#ids;
  }

  /** Returns the entries in that order; accounts that are equal in it are ordered by id. */
  ordered(sort: Sort, isDescending: boolean): readonly Entry[] {
    const name = `${sort} ${isDescending ? 'desc' : 'asc'}`;
    const known = this.#orders.get(name) ?? this.#begin(sort, isDescending);
    this.#orders.set(name, known);
    return known.list();
  }

  #begin(sort: Sort, isDescending: boolean): Order<Entry> {
    const key: (entry: Entry, auditedAt: Instant | null) => number = SORT_KEYS[sort];
    const sign = isDescending ? -1 : 1;
    const ids = sort === 'id' ? sign : 1;
    const auditedAt = this.#auditedAt;
    return new Order([...this.#byId.values()], (a, b) => {
      const difference = key(a, auditedAt) - key(b, auditedAt);
      return difference === 0 ? ids * byId(a.accountId, b.accountId) : sign * difference;
    });
  }

  counts(): Counts {
    this.#counts ??= countsOf(this.#byId.values());
    return this.#counts;
  }
}

function countsOf(entries: Iterable<Entry>): Counts {
  const byState = {
    held: 0,
    cooldown: 0,
    no_credits: 0,
    unverified: 0,
    active: 0,
    disconnected: 0,
  };
  const bySending = { yes: 0, waits: 0, person: 0, none: 0 };
  const groups = new Map<string, number>();
  for (const { state, sending, group } of entries) {
    byState[state] += 1;
    bySending[sending] += 1;
    if (group !== null) groups.set(group, (groups.get(group) ?? 0) + 1);
  }
  const byGroup = [...groups].map(([group, accounts]) => ({ group, accounts }));
  return { byState, bySending, byGroup: byGroup.toSorted((a, b) => byId(a.group, b.group)) };
}
