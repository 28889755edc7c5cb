/** Selects the accounts of a list page by its address: search, filter, sort, page. */
import type { AccountState } from '../../../domain/gate/accountState.js';
import { SENDINGS, type Sending } from '../../../domain/wire/canSend.js';
import { NO_GROUP, type GroupFilter } from '../../../postgres/groups/members.js';
import { groupOfPage } from '../../plumbing/groupFilter.js';
import type { Entry } from '../../../postgres/list/entries.js';
import type { Sort } from '../../../postgres/list/conditions.js';
import { STATES } from '../ui/words.js';

export const PAGE_SIZE = 50;
const SEARCH_MAX = 128;

export const SORTS = {
  id: 'name',
  counter: 'counter',
  remaining: 'left today',
  drift: 'drift',
  state: 'state',
  checked: 'last reconcile',
} as const satisfies Readonly<Record<Sort, string>>;

export type Ask = {
  readonly search: string;
  readonly state: AccountState | null;
  readonly sending: Sending | null;
  readonly group: GroupFilter;
  readonly sort: Sort;
  readonly isDescending: boolean;
  /** The first page is 1. */
  readonly page: number;
};

type Query = { readonly [name: string]: unknown };
const isSort = (raw: unknown): raw is Sort => typeof raw === 'string' && Object.hasOwn(SORTS, raw);

/** Reads the address; unreadable parts are ignored, so that no address fails. */
export function askOf({ q, state, send, group, sort, dir, page }: Query): Ask {
  const pageNumber = typeof page === 'string' && /^\d{1,6}$/.test(page) ? Number(page) : 1;
  return {
    search: typeof q === 'string' ? q.trim().slice(0, SEARCH_MAX) : '',
    state: STATES.find((one) => one === state) ?? null,
    sending: SENDINGS.find((one) => one === send) ?? null,
    group: groupOfPage(group),
    sort: isSort(sort) ? sort : 'id',
    isDescending: dir === 'desc',
    page: Math.max(1, pageNumber),
  };
}

/** Returns the address of the same list with a change; a changed list begins at page 1. */
export function addressOf(ask: Ask, change: Partial<Ask> = {}): string {
  const { search, state, sending, group, ...order } = { ...ask, page: 1, ...change };
  const { sort, isDescending, page } = order;
  const query = new URLSearchParams();
  if (search) query.set('q', search);
  if (state) query.set('state', state);
  if (sending) query.set('send', sending);
  if (group) query.set('group', group);
  if (sort !== 'id') query.set('sort', sort);
  if (isDescending) query.set('dir', 'desc');
  if (page > 1) query.set('page', String(page));
  const text = query.toString();
  return text ? `/accounts?${text}` : '/accounts';
}

/** Returns a test of an account: true if it matches search and filters. */
export function matcherOf({ search, state, sending, group }: Ask): (one: Filtered) => boolean {
  const needle = search.toLowerCase();
  return (one) =>
    (state === null || one.state === state) &&
    (sending === null || one.sending === sending) &&
    (group === null || (one.group ?? NO_GROUP) === group) &&
    (needle === '' || one.accountId.toLowerCase().includes(needle));
}
type Filtered = Pick<Entry, 'accountId' | 'state' | 'sending' | 'group'>;
