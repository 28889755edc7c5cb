/** Groups and the policy of their new accounts (R26), by Postgres or by the HTTP API. */
import type { SafebandClient, StartInput } from '../../client/index.js';
import type { GroupDefaults } from '../../domain/commands/groupDefaults.js';
import { nextJson, type NextJson } from '../../domain/diagnostics/canSend/groupOrder.js';
import { isoInstant, isoOrNull, type Instant } from '../../domain/primitives/time.js';
import {
  filledStart,
  readGroupRow,
  setDefaults,
  type GroupRow,
} from '../../postgres/groups/defaults.js';
import { listNumbered, type GroupNumbers } from '../../postgres/groups/numbers.js';
import { idsOfGroup } from '../../postgres/groups/members.js';
import { nextOfGroup } from '../../postgres/groups/next.js';
import type { Pool } from '../../postgres/pool.js';
import { pageWaiting, type WaitingItem } from '../../postgres/read/waiting.js';
import { having, pages, picked } from './answers.js';
import { Answered, type Http } from './http.js';

export type GroupJson = Omit<GroupRow, 'changedAt' | 'defaults'> & {
  /** Null: the key does not have the whole group. */
  readonly defaults: GroupDefaults | null;
  readonly changedAt: string | null;
};
export type NumberedJson = GroupJson & GroupNumbers;
export type NextOfGroup = {
  readonly group: string;
  readonly asOf: string;
  readonly items: readonly NextJson[];
};
export type Groups = {
  readonly list: (asked: {
    readonly after: string;
    readonly limit: number;
  }) => Promise<{ readonly groups: readonly NumberedJson[]; readonly next: string | null }>;
  /** Returns the accounts that may send now or first; undefined: there is no such group. */
  readonly next: (group: string, count: number) => Promise<NextOfGroup | undefined>;
  /** Returns the asks that wait in a group; `none`: without a group; null: in all accounts. */
  readonly waiting: (asked: {
    readonly group: string | null;
    readonly limit: number;
  }) => Promise<{ readonly waiting: readonly WaitingItem[]; readonly isCut: boolean }>;
  /** Replaces the policy of the new accounts of a group. */
  readonly set: (group: string, defaults: GroupDefaults, actor: string) => Promise<GroupJson>;
};

const GROUP = ['group', 'accounts', 'defaults', 'changedBy', 'changedAt'] as const;
/** The fields of a listed group, in the order of the file. */
export const NUMBERED = [
  ...GROUP,
  ...(['states', 'counter', 'cap', 'waiting', 'alerts'] as const),
] as const;
const WAITING = [
  ...(['accountId', 'group', 'reservationId', 'campaignId', 'priority'] as const),
  ...(['reason', 'askedAt', 'validUntil'] as const),
] as const;
const NEXT = ['group', 'asOf', 'items'] as const;
const ALL = { accounts: null, groups: null };
const jsonOf = <R extends GroupRow>(row: R) => ({ ...row, changedAt: isoOrNull(row.changedAt) });
const pageOf = (found: readonly NumberedJson[], limit: number) => {
  const groups = found.slice(0, limit);
  return { groups, next: found.length > limit ? (groups.at(-1)?.group ?? null) : null };
};

/** Returns the groups of this database. */
export const directGroups = (pool: () => Pool, now: () => Instant): Groups => ({
  next: async (group, count) => {
    const at = now();
    const found = await nextOfGroup(pool(), { group, accounts: null, count, at });
    return found && { group, asOf: isoInstant(at), items: found.map(nextJson) };
  },
  list: async ({ after, limit }) => {
    const asked = { ...ALL, after, limit: limit + 1, at: now() };
    const found = await listNumbered(pool(), asked);
    return pageOf(found.map(jsonOf), limit);
  },
  waiting: async ({ group, limit }) => {
    const accounts = await idsOfGroup(pool(), { group, accounts: null });
    const asked = { accounts, campaignId: null, after: null, limit: limit + 1 };
    const found = await pageWaiting(pool(), asked);
    const waiting = found.slice(0, limit).map(({ item }) => item);
    return { waiting, isCut: found.length > limit };
  },
  set: async (group, defaults, by) => {
    await setDefaults(pool(), { group, defaults, by });
    return jsonOf(await readGroupRow(pool(), group, null));
  },
});

/** Returns the groups that the key may see. */
export const byKeyGroups = (http: Http): Groups => ({
  next: async (group, count) => {
    const path = `/v1/groups/${group}/next`;
    try {
      return picked(having<NextOfGroup>(await http.get(path, { count }), NEXT), NEXT);
    } catch (error) {
      if (error instanceof Answered && error.kind === 'group-unknown') return undefined;
      throw error;
    }
  },
  list: async ({ after, limit }) => {
    const asked = { path: '/v1/groups', query: {}, limit: limit + 1, has: NUMBERED };
    const found = await pages<NumberedJson>(http, { ...asked, after: after === '' ? null : after });
    return pageOf(
      found.items.map((one) => picked(one, NUMBERED)),
      limit,
    );
  },
  waiting: async ({ group, limit }) => {
    const asked = { path: '/v1/waiting', query: { group }, limit, after: null, has: WAITING };
    const { items, hasMore } = await pages<WaitingItem>(http, asked);
    return { waiting: items.map((one) => picked(one, WAITING)), isCut: hasMore };
  },
  set: async (group, defaults, actor) => {
    const answer = await http.put(`/v1/groups/${group}`, { ...defaults, actor });
    return picked(having<GroupJson>(answer, GROUP), GROUP);
  },
});

type Reach = {
  readonly pool: () => Pool;
  readonly hasDatabase: () => boolean;
  readonly client: () => Promise<SafebandClient>;
};

/** Returns the orders of the client; a connect takes from its group what it leaves out (R26). */
export const filling =
  ({ pool, hasDatabase, client }: Reach) =>
  async () => {
    const orders = await client();
    return {
      connect: async (start: StartInput) =>
        orders.connect(hasDatabase() ? await filledStart(pool(), start) : start),
      configure: orders.configure.bind(orders),
      hold: orders.hold.bind(orders),
      resume: orders.resume.bind(orders),
      settle: orders.settle.bind(orders),
      credits: orders.credits.bind(orders),
      replied: orders.replied.bind(orders),
      reconcileNow: orders.reconcileNow.bind(orders),
      disconnect: orders.disconnect.bind(orders),
      peek: orders.peek.bind(orders),
      nextSlots: orders.nextSlots.bind(orders),
      waiting: orders.waiting.bind(orders),
      withdraw: orders.withdraw.bind(orders),
      status: orders.status.bind(orders),
    };
  };
