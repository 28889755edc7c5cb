/** The source of commands that have only an API key: every answer comes from the HTTP API. */
import type { StateAt } from '../../domain/diagnostics/asOf/stateAt.js';
import type { Reading } from '../../domain/diagnostics/consistency.js';
import type { WhatIf } from '../../domain/diagnostics/whatIf/whatIf.js';
import type { Why } from '../../domain/diagnostics/why/model.js';
import type { Finding } from '../../doctor/finding.js';
import { isoInstant, isoOrNull } from '../../domain/primitives/time.js';
import type { AccessChange } from '../../postgres/access/changes.js';
import type { Erasure } from '../../postgres/data/erasures.js';
import type { Happening } from '../../postgres/read/feed.js';
import type { ShadowReport } from '../../postgres/diagnostics/shadow.js';
import type { StatusRead } from '../../status/readStatus.js';
import { alertUnknown, CliError, EXIT } from '../errors.js';
import { instantOf } from '../text.js';
import { having, pages, picked } from './answers.js';
import { byKeyCampaigns } from './campaigns.js';
import { byKeyGroups } from './groups.js';
import { byKeyOrders } from './byKeyOrders.js';
import { byKeyShares } from './shares.js';
import { byKeyWebhooks } from './byKeyWebhooks.js';
import { byKeyBrakes, byKeyFleetOrders } from './fleet.js';
import { foundOf, KINDS, type FoundJson } from './finding.js';
import { Answered, type Http } from './http.js';
import type {
  AccountJson,
  AlertJson,
  AlertsAsked,
  DriftJson,
  EventJson,
  Source,
} from './source.js';

const ACCOUNT = [
  ...(['accountId', 'canSend', 'state', 'mode', 'tier', 'group', 'quotaDay'] as const),
  'counter' as const,
  'inFlight' as const,
  ...(['uncertain', 'delivered', 'external', 'imported', 'unexplained', 'carried'] as const),
  ...(['drift', 'remaining', 'caps', 'weekUsed', 'cooldown', 'lastCheckedAt', 'edited'] as const),
];
const ALERT = [
  ...(['alertId', 'accountId', 'group', 'kind', 'severity', 'state', 'quotaDay'] as const),
  ...(['times', 'openedAt', 'raisedAt', 'nextStep', 'ifNoPersonActs', 'acknowledged'] as const),
  ...(['resolvedAt', 'closed', 'details'] as const),
];
const DRIFT = ['checked', 'disagreeing', 'accounts'] as const;
const EVENT = ['eventId', 'chatId', 'source', 'deliveredAt', 'isCounted'] as const;

/** Returns the source with that key. */
export function byKeySource(http: Http): Source {
  const of = (accountId: string): string => `/v1/accounts/${encodeURIComponent(accountId)}`;
  const unknown = async (accountId: string): Promise<CliError> => accountUnknown(accountId);
  const knowing = async <T>(accountId: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      const isUnknown = error instanceof Answered && error.code === 'AccountUnknown';
      throw isUnknown ? accountUnknown(accountId) : error;
    }
  };
  const get = (accountId: string, name: string, query = {}): Promise<unknown> =>
    knowing(accountId, http.get(`${of(accountId)}/${name}`, query));
  const alertsOf = async (path: string, query: object, limit: number) => {
    const found = await pages<AlertJson>(http, { path, query, limit, after: null, has: ALERT });
    return found.items.map((one) => picked(one, ALERT));
  };
  const readStatus = async (accountId: string): Promise<StatusRead> =>
    having<StatusRead>(await get(accountId, 'status'), STATUS);
  return {
    known: async (accountId) => void (await readStatus(accountId)),
    unknown,
    orders: async () => byKeyOrders(http, of),
    status: async (accountId) => {
      const read = await readStatus(accountId);
      const why = 'its workflow does not answer, or has ended';
      return { read, why: read.source === 'workflow' ? null : why };
    },
    lastAlerts: (accountId, limit) =>
      alertsOf(`${of(accountId)}/alerts`, { open: 'true' }, limit).catch(() => null),
    accounts: async ({ state, sending, group, prefix, after, limit }) => {
      const query = { state, send: sending, group, prefix: prefix === '' ? null : prefix };
      const asked = { path: '/v1/accounts', query, limit, after: after === '' ? null : after };
      const found = await pages<AccountJson>(http, { ...asked, has: ACCOUNT });
      const accounts = found.items.map((one) => picked(one, ACCOUNT));
      return { accounts, next: found.hasMore ? (accounts.at(-1)?.accountId ?? null) : null };
    },
    alerts: ({ accountId, group, limit, ...asked }) => {
      const filters = { ...filtersOf(asked), group };
      if (accountId === null) return alertsOf('/v1/alerts', filters, limit);
      return knowing(accountId, alertsOf(`${of(accountId)}/alerts`, filtersOf(asked), limit));
    },
    act: async ({ alertId, verb, reason, actor, raisedAt }) => {
      const body = {
        reason,
        actor,
        ...(raisedAt === null ? {} : { raisedAt: isoInstant(raisedAt) }),
      };
      const alert = await http
        .post(`/v1/alerts/${alertId}/${verb}`, body)
        .catch((error: unknown) => {
          const isUnknown = error instanceof Answered && error.kind === 'alert-unknown';
          throw isUnknown ? alertUnknown(alertId) : error;
        });
      return picked(having<AlertJson>(alert, ALERT), ALERT);
    },
    campaigns: byKeyCampaigns(http, knowing),
    ...compared(http),
    ...explained(get),
    ...logs(http, { get, of, knowing }),
    groups: byKeyGroups(http),
    webhooks: byKeyWebhooks(http),
    brakes: byKeyBrakes(http),
    fleetOrders: byKeyFleetOrders(http),
    shares: byKeyShares(http, { of, knowing }),
  };
}

type Get = (accountId: string, name: string, query?: object) => Promise<unknown>;

/** Returns what the server compares and checks. */
const compared = (http: Http): Pick<Source, 'drift' | 'doctor'> => ({
  drift: async (asked) => {
    const found = having<DriftJson>(await http.get('/v1/drift', asked), DRIFT);
    return {
      ...picked(found, DRIFT),
      accounts: found.accounts.map((one) => picked(one, [...ACCOUNT, 'isEdited'])),
    };
  },
  doctor: async () =>
    having<{ readonly findings: readonly Finding[] }>(await http.get('/v1/doctor'), ['findings'])
      .findings,
});

/** Returns the answers that are one object. */
const explained = (
  get: Get,
): Pick<Source, 'why' | 'reading' | 'history' | 'whatIf' | 'shadow'> => ({
  why: async (accountId) => having<WhyRead>(await get(accountId, 'why'), WHY),
  reading: async (accountId) => having<Reading>(await get(accountId, 'sources'), READING),
  history: async (accountId, at) => {
    const asked = get(accountId, 'history', { at: isoInstant(at) });
    return having<StateAt>(await asked, ['accountId', 'status', 'decision', 'before', 'after']);
  },
  shadow: async (accountId, days) =>
    having<ShadowReport>(await get(accountId, 'shadow', { days }), SHADOW),
  whatIf: async (accountId, change, days) => {
    const asked = get(accountId, 'whatIf', { change: JSON.stringify(change), days });
    return having<WhatIf>(await asked.catch(withHelp), [
      'accountId',
      'policy',
      'asked',
      'cooldowns',
      'days',
    ]);
  },
});

/** Throws the refusal of a question again, with the command that explains it. */
function withHelp(error: unknown): never {
  if (!(error instanceof Answered) || error.code === 'AccountUnknown') throw error;
  const { exitCode, code, message } = error;
  throw new CliError(exitCode, code, message, 'safeband what-if --help');
}

type Logs = Pick<Source, 'events' | 'find' | 'feed' | 'accessChanges' | 'erasures'>;
type Paths = {
  readonly get: Get;
  readonly of: (accountId: string) => string;
  readonly knowing: <T>(accountId: string, work: Promise<T>) => Promise<T>;
};

/** Returns the lists of rows. */
const logs = (http: Http, { get, of, knowing }: Paths): Logs => ({
  events: async (accountId, { limit, before }) => {
    const asked = {
      path: `${of(accountId)}/events`,
      query: {},
      limit,
      after: before,
      has: EVENT,
    };
    const found = await knowing(accountId, pages<EventJson>(http, asked));
    const last = found.items.at(-1)?.eventId ?? null;
    return { events: found.items, next: found.hasMore ? last : null };
  },
  find: async ({ text, ...asked }) => {
    const found = having<FoundJson>(await http.get('/v1/search', { q: text, ...asked }), KINDS);
    const { items, isCut } = found.accounts;
    const accounts = { items: items.map((one) => picked(one, ACCOUNT)), isCut };
    return foundOf({ ...found, accounts });
  },
  feed: async (accountId, { since, limit }) => {
    const answer = await get(accountId, 'feed', { since: isoOrNull(since), limit });
    const { items } = having<{ readonly items: readonly Fed[] }>(answer, ['items']);
    return items.map((one) => ({
      ...having<Fed>(one, ['key', 'kind', 'at', 'recordedAt', 'details']),
      at: instantOf(one.at),
      recordedAt: instantOf(one.recordedAt),
    }));
  },
  accessChanges: async ({ limit, before, group }) => {
    const has = ['changeId', 'at', 'kind', 'actor', 'target'] as const;
    const asked = { path: '/v1/access', query: { group }, limit, after: before, has };
    const found = await pages<AccessChange>(http, asked);
    const last = found.items.at(-1)?.changeId ?? null;
    return { changes: found.items, next: found.hasMore ? last : null };
  },
  erasures: async ({ limit, before }) => {
    const has = ['erasureId', 'at', 'hash', 'by', 'reason', 'rows'] as const;
    const asked = { path: '/v1/erasures', query: {}, limit, after: before, has };
    const found = await pages<Erasure>(http, asked);
    const last = found.items.at(-1)?.erasureId ?? null;
    return { erasures: found.items, next: found.hasMore ? last : null };
  },
});

type WhyRead = Why & { readonly source: 'workflow' | 'postgres' };
type Fed = Omit<Happening, 'at' | 'recordedAt'> & Readonly<Record<'at' | 'recordedAt', string>>;

const STATUS = ['accountId', 'state', 'counter', 'canSend', 'caps', 'source'] as const;
const WHY = ['accountId', 'canSend', 'customer', 'headline', 'parts', 'beside', 'source'] as const;
const SHADOW = ['accountId', 'mode', 'groups', 'reasons', 'days', 'grants'] as const;
const READING = ['status', 'isGone', 'sides', 'why'] as const;

const accountUnknown = (accountId: string): CliError =>
  new CliError(
    EXIT.unknown,
    'AccountUnknown',
    `there is no account ${accountId}, or this key may not see it`,
    'safeband status',
  );

const filtersOf = ({
  state,
  severity,
  kind,
}: Omit<AlertsAsked, 'accountId' | 'group' | 'limit'>) => ({
  severity,
  kind,
  open: state === null ? 'true' : null,
  state: state === 'all' ? null : state,
  order: state === 'all' || state === 'resolved' ? 'opened' : 'urgency',
});
