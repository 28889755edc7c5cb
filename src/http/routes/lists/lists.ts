/** The lists of rows, of one account or of all. */
import { Type } from 'typebox';
import { isoDay, isoOrNull, parseDay, type Instant } from '../../../domain/primitives/time.js';
import { SENDINGS } from '../../../domain/wire/canSend.js';
import { listAccounts } from '../../../postgres/read/accountPages.js';
import { pageCampaign } from '../../../postgres/read/campaigns.js';
import {
  pageCorrections,
  pageDays,
  pageReservations,
  pageRuns,
} from '../../../postgres/read/lists.js';
import { listChanges, listEvents, type StatusRow } from '../../../postgres/read/reads.js';
import { pageWaiting } from '../../../postgres/read/waiting.js';
import { canSendRead } from '../../../status/canSend.js';
import { textIn, type Query } from '../../plumbing/paging.js';
import * as items from '../../schemas/lists.js';
import { campaignId, day, state } from '../../schemas/parts.js';
import { alertList } from '../alerts.js';
import { campaigns } from './campaigns.js';
import { list, listOfAccount, place } from './list.js';

const { Integer, String, Optional, Enum } = Type;

export const accountItem = ({ day: quotaDay, ...row }: StatusRow, now: Instant) => ({
  ...row,
  canSend: canSendRead(row, now),
  quotaDay: isoDay(quotaDay),
  cooldown: row.cooldown && { ...row.cooldown, until: isoOrNull(row.cooldown.until) },
  hold: row.hold && { ...row.hold, since: isoOrNull(row.hold.since) },
  breakerUntil: isoOrNull(row.breakerUntil),
  lastCheckedAt: isoOrNull(row.lastCheckedAt),
  updatedAt: isoOrNull(row.updatedAt),
});

const accounts = list({
  path: '/accounts',
  name: 'accounts',
  summary: 'All accounts that the key may see, by id',
  item: items.account,
  filters: {
    state: Optional(state),
    send: Optional(
      Enum(SENDINGS, {
        description:
          'Only accounts that can send now (yes), that wait until an instant or the next ' +
          'reconcile (waits), or that a person has to look at (person). With this filter or ' +
          '`state`, the server reads at most 2,000 accounts for a page. So a page may have fewer ' +
          'items than `limit`, or none, while `next` is not null. A change is usually in the ' +
          'list within a second after it was saved, and after a minute at the latest.',
      }),
    ),
    prefix: Optional(
      String({ maxLength: 128, description: 'Only ids that begin with this text.' }),
    ),
  },
  place: String(),
  read: async ({ parts, accounts: ids, query, after, limit }) => {
    const isFiltered = query['state'] !== undefined || query['send'] !== undefined;
    const isListed = isFiltered && (await parts.list.isCurrent(ids));
    const now = parts.now();
    const found = await listAccounts(parts.pool, {
      at: now,
      after: after ?? '',
      limit,
      state: textIn(query, 'state'),
      prefix: textIn(query, 'prefix') ?? '',
      sending: SENDINGS.find((one) => one === query['send']) ?? null,
      accounts: ids,
      isListed,
    });
    return {
      found: found.accounts.map((row) => ({ item: accountItem(row, now), place: row.accountId })),
      scannedTo: found.next,
    };
  },
});

const events = listOfAccount({
  path: '/events',
  name: 'events',
  summary: 'The event log: delivered InMails, each with its proof',
  item: items.event,
  filters: {},
  place: Integer(),
  read: async ({ parts, accounts: ids, after, limit }) => {
    const page = { limit, ...(after === null ? {} : { before: after }) };
    const found = await listEvents(parts.pool, idIn(ids), page);
    return found.map(({ day: quotaDay, deliveredAt, ...event }) => ({
      item: { ...event, quotaDay: isoDay(quotaDay), deliveredAt: isoOrNull(deliveredAt) },
      place: event.eventId,
    }));
  },
});

const days = listOfAccount({
  path: '/days',
  name: 'days',
  summary: 'Closed quota days',
  item: items.closedDay,
  filters: {},
  place: day('The last day of the page before.'),
  read: async ({ parts, accounts: ids, after, limit }) => {
    const before = after === null ? null : (parseDay(after) ?? 0);
    const found = await pageDays(parts.pool, idIn(ids), { before, limit });
    return found.map((item) => ({ item, place: item.quotaDay }));
  },
});

const corrections = listOfAccount({
  path: '/corrections',
  name: 'corrections',
  summary: 'The corrections of reconciles, with their reasons',
  item: items.correction,
  filters: {},
  place: Integer(),
  read: async ({ parts, accounts: ids, after, limit }) => {
    const found = await pageCorrections(parts.pool, idIn(ids), { before: after, limit });
    return found.map((item) => ({ item, place: item.correctionId }));
  },
});

const changes = listOfAccount({
  path: '/changes',
  name: 'changes',
  summary: 'Changes of the account, each with its actor',
  item: items.change,
  filters: {},
  place: Integer(),
  read: async ({ parts, accounts: ids, after, limit }) => {
    const page = { limit, ...(after === null ? {} : { before: after }) };
    const found = await listChanges(parts.pool, idIn(ids), page);
    return found.map((change) => ({
      item: { ...change, at: isoOrNull(change.at) },
      place: change.number,
    }));
  },
});

const reservationState = Optional(Enum(['in_flight', 'delivered', 'released', 'uncertain']));
const reservations = listOfAccount({
  path: '/reservations',
  name: 'reservations',
  summary: 'Reservations and their outcomes',
  item: items.reservation,
  filters: { state: reservationState, campaignId: Optional(campaignId) },
  place: place(day('Its quota day.'), Integer(), String()),
  read: ({ parts, accounts: ids, query, after, limit }) =>
    pageReservations(parts.pool, idIn(ids), {
      state: textIn(query, 'state'),
      campaignId: textIn(query, 'campaignId'),
      after,
      limit,
    }),
});
const ofCampaign = list({
  path: '/reservations',
  name: 'campaignReservations',
  summary: 'Reservations of a campaign, in all accounts that the key may see',
  item: items.reservationOfAny,
  filters: { campaignId, state: reservationState },
  place: place(Integer(), String(), String()),
  read: ({ parts, accounts: ids, query, after, limit }) =>
    pageCampaign(parts.pool, textIn(query, 'campaignId') ?? '', {
      accounts: ids,
      state: textIn(query, 'state'),
      after,
      limit,
    }),
});

/** An account, when the ask came, and its number. */
export const WAITING_PLACE = place(String(), Integer(), Integer());
const waiting = list({
  path: '/waiting',
  name: 'waitingAsks',
  summary: 'Asks that wait in the lines of all accounts that the key may see, by account',
  item: items.waitingAsk,
  filters: { campaignId: Optional(campaignId) },
  place: WAITING_PLACE,
  read: ({ parts, accounts: ids, query, after, limit }) =>
    pageWaiting(parts.pool, {
      accounts: ids,
      campaignId: textIn(query, 'campaignId'),
      after,
      limit,
    }),
});

const runPlace = place(Integer(), String());
const runs = (scope: 'account' | 'fleet', asked: Asked<[number, string]>) =>
  pageRuns(asked.parts.pool, {
    scope,
    accounts: asked.accounts,
    after: asked.after,
    limit: asked.limit,
  });
type Asked<P> = {
  readonly parts: Parameters<Parameters<typeof list>[0]['read']>[0]['parts'];
  readonly accounts: readonly string[] | null;
  readonly query: Query;
  readonly after: P | null;
  readonly limit: number;
};

/** In the order of the documents. */
export const listRoutes = [
  accounts,
  events,
  days,
  corrections,
  listOfAccount({ ...alertList, name: 'accountAlerts', summary: 'Alerts of the account' }),
  listOfAccount({
    path: '/runs',
    name: 'accountRuns',
    summary: 'Reconciles of the account',
    item: items.run,
    filters: {},
    place: runPlace,
    read: (asked) => runs('account', asked),
  }),
  changes,
  reservations,
  ofCampaign,
  waiting,
  campaigns,
  list({ ...alertList, name: 'alerts', summary: 'Alerts of all accounts that the key may see' }),
  list({
    path: '/runs',
    name: 'runs',
    summary: 'Reconciles: of accounts, or heartbeats of the fleet audit',
    item: items.run,
    filters: { scope: Optional(Enum(['account', 'fleet'], { default: 'account' })) },
    place: runPlace,
    // The counts of the fleet include accounts that a limited key may not see.
    read: (asked) => runs(asked.query['scope'] === 'fleet' ? 'fleet' : 'account', asked),
  }),
];

const idIn = (ids: readonly string[] | null): string => ids?.[0] ?? '';
