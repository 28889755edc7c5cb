/** Selects the accounts of a list page by its address: search, filter, sort, page. */
import type { Numbers } from '../ui/numbers.js';
import { STATES } from '../ui/words.js';
import type { AccountState } from '../../../domain/gate/accountState.js';
import {
  sendingOf,
  SENDINGS,
  type Sending,
  type SendingGroup,
} from '../../../domain/wire/canSend.js';

export const PAGE_SIZE = 50;
const SEARCH_MAX = 128;

export const SORTS = {
  id: 'name',
  counter: 'counter',
  remaining: 'left today',
  drift: 'drift',
  state: 'state',
  checked: 'last reconcile',
} as const;
export type Sort = keyof typeof SORTS;

export type Ask = {
  readonly search: string;
  readonly state: AccountState | null;
  readonly sending: Sending | null;
  readonly sort: Sort;
  readonly isDescending: boolean;
  /** The first page is 1. */
  readonly page: number;
};

type Query = { readonly [name: string]: unknown };
const isSort = (raw: unknown): raw is Sort => typeof raw === 'string' && Object.hasOwn(SORTS, raw);

/** Reads the address; unreadable parts are ignored, so that no address fails. */
export function askOf({ q, state, send, sort, dir, page }: Query): Ask {
  const pageNumber = typeof page === 'string' && /^\d{1,6}$/.test(page) ? Number(page) : 1;
  return {
    search: typeof q === 'string' ? q.trim().slice(0, SEARCH_MAX) : '',
    state: STATES.find((one) => one === state) ?? null,
    sending: SENDINGS.find((one) => one === send) ?? null,
    sort: isSort(sort) ? sort : 'id',
    isDescending: dir === 'desc',
    page: Math.max(1, pageNumber),
  };
}

/** Returns the address of the same list with a change; a changed list begins at page 1. */
export function addressOf(ask: Ask, change: Partial<Ask> = {}): string {
  const { search, state, sending, sort, isDescending, page } = { ...ask, page: 1, ...change };
  const query = new URLSearchParams();
  if (search) query.set('q', search);
  if (state) query.set('state', state);
  if (sending) query.set('send', sending);
  if (sort !== 'id') query.set('sort', sort);
  if (isDescending) query.set('dir', 'desc');
  if (page > 1) query.set('page', String(page));
  const text = query.toString();
  return text ? `/accounts?${text}` : '/accounts';
}

export type Listed = {
  readonly shown: readonly Numbers[];
  /** The numbers of matching accounts and of all accounts. */
  readonly matches: number;
  readonly all: number;
  readonly page: number;
  readonly pages: number;
  readonly byState: Readonly<Record<AccountState, number>>;
  readonly bySending: Readonly<Record<SendingGroup, number>>;
};

/** Selects the accounts of a page; `accounts` are ordered by id. */
export function listed(accounts: readonly Numbers[], ask: Ask): Listed {
  const needle = ask.search.toLowerCase();
  const sorted = sortedBy(accounts, ask.sort);
  const ordered = ask.isDescending ? downwards(sorted, ask.sort) : sorted;
  const matching =
    needle === '' && ask.state === null && ask.sending === null
      ? ordered
      : ordered.filter(
          (one) =>
            (ask.state === null || one.state === ask.state) &&
            (ask.sending === null || sendingOf(one) === ask.sending) &&
            (needle === '' || one.accountId.toLowerCase().includes(needle)),
        );
  const pages = Math.max(1, Math.ceil(matching.length / PAGE_SIZE));
  const page = Math.min(ask.page, pages);
  const shown = matching.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  const counts = { byState: countsOf(accounts), bySending: sendingsOf(accounts) };
  return { shown, matches: matching.length, all: accounts.length, page, pages, ...counts };
}

/** Caches the result of `work` for as long as the list exists. */
export function onceFor<T>(work: (accounts: readonly Numbers[]) => T) {
  const kept = new WeakMap<readonly Numbers[], { readonly done: T }>();
  return (accounts: readonly Numbers[]): T => {
    const known = kept.get(accounts) ?? { done: work(accounts) };
    kept.set(accounts, known);
    return known.done;
  };
}

const countsOf = onceFor((accounts) => {
  const counts: Record<AccountState, number> = {
    held: 0,
    cooldown: 0,
    no_credits: 0,
    unverified: 0,
    active: 0,
    disconnected: 0,
  };
  for (const { state } of accounts) counts[state] += 1;
  return counts;
});
const sendingsOf = onceFor((accounts) => {
  const counts: Record<SendingGroup, number> = { yes: 0, waits: 0, person: 0, none: 0 };
  for (const one of accounts) counts[sendingOf(one)] += 1;
  return counts;
});
const sortsOf = onceFor(() => new Map<string, readonly Numbers[]>());

/** Sorts accounts; equal accounts stay in the order of their ids. */
function sortedBy(accounts: readonly Numbers[], sort: Sort): readonly Numbers[] {
  if (sort === 'id') return accounts;
  const kept = sortsOf(accounts);
  const key = KEYS[sort];
  const sorted = kept.get(sort) ?? accounts.toSorted((a, b) => key(a) - key(b));
  kept.set(sort, sorted);
  return sorted;
}
function downwards(sorted: readonly Numbers[], sort: Sort): readonly Numbers[] {
  const kept = sortsOf(sorted);
  const reversed =
    kept.get('reversed') ??
    (sort === 'id'
      ? sorted.toReversed()
      : sorted.toSorted((a, b) => KEYS[sort](b) - KEYS[sort](a)));
  kept.set('reversed', reversed);
  return reversed;
}
const KEYS: Readonly<Record<Exclude<Sort, 'id'>, (numbers: Numbers) => number>> = {
  counter: ({ counter }) => counter,
  remaining: ({ remaining }) => remaining,
  drift: ({ drift }) => Math.abs(drift),
  state: ({ state }) => STATES.indexOf(state),
  checked: ({ lastCheckedAt }) => lastCheckedAt ?? 0,
};
