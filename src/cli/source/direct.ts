/** The source of commands that reach Postgres and Temporal. */
import type { SafebandClient } from '../../client/index.js';
import { checkPostgres } from '../../doctor/postgres.js';
import { listOpenAlerts, pageAlerts, UNRESOLVED } from '../../postgres/alerts/alerts.js';
import { actOnAlert } from '../../postgres/alerts/act.js';
import { listAccessChanges } from '../../postgres/access/changes.js';
import { listErasures } from '../../postgres/data/erasures.js';
import { compareAll, readDrift } from '../../postgres/diagnostics/drift.js';
import { stateAt } from '../../postgres/diagnostics/history.js';
import { readSources } from '../../postgres/diagnostics/sources.js';
import { whatIf } from '../../postgres/diagnostics/whatIf.js';
import { readWhy } from '../../postgres/diagnostics/why.js';
import { idsOfGroup } from '../../postgres/groups/members.js';
import { readFeed } from '../../postgres/read/feed.js';
import type { Pool } from '../../postgres/pool.js';
import { listAccounts } from '../../postgres/read/accountPages.js';
import { isKnown } from '../../postgres/read/lists.js';
import { listEvents, type StatusRow } from '../../postgres/read/reads.js';
import { readShadow } from '../../postgres/diagnostics/shadow.js';
import { search, SearchTooLong } from '../../postgres/read/searching.js';
import { commandLine } from '../../domain/primitives/commandLine.js';
import { isRefusal } from '../../domain/account/refusals.js';
import { dayOf, type Instant } from '../../domain/primitives/time.js';
import {
  knowing,
  readStatusWith,
  type Answered,
  type Unanswered,
} from '../../status/readStatus.js';
import { workflowIdOf } from '../../temporal/protocol.js';
import { alertUnknown, cliErrorOf, CliError, EXIT, refusalOf } from '../errors.js';
import { accountJson, alertJson, eventJson } from '../shapes.js';
import type { Temporal } from '../temporal.js';
import { directCampaigns } from './campaigns.js';
import { directGroups, filling } from './groups.js';
import { directShares } from './shares.js';
import { directWebhooks } from './directWebhooks.js';
import { directBrakes, directOrders } from './fleet.js';
import { foundOf } from './finding.js';
import type { AlertOrder, AlertsAsked, KnownStatus, Page, Source } from './source.js';
import { unknownAccount } from './unknownAccount.js';

/** The connections, opened when a command first needs them. */
type Reach = {
  readonly pool: () => Pool;
  readonly hasDatabase: () => boolean;
  readonly temporal: () => Promise<Temporal>;
  readonly client: () => Promise<SafebandClient>;
  readonly publicUrl: () => string;
};

/** Returns the source; it connects when a command first reads. */
export function directSource(reach: Reach, now: () => Instant): Source {
  const { pool } = reach;
  const unknown = (accountId: string): Promise<CliError> => unknownAccount(pool, accountId);
  const known = async (accountId: string): Promise<void> => {
    if (!(await isKnown(pool(), accountId))) throw await unknown(accountId);
  };
  const parts: Asked = { ...reach, now, known, unknown };
  return {
    known,
    unknown,
    orders: filling(reach),
    status: (accountId) => readStatus(reach, now, accountId),
    lastAlerts: async (accountId, limit) =>
      reach.hasDatabase()
        ? listOpenAlerts(pool(), { accountId, limit }).then(
            (found) => found.map(alertJson),
            () => null,
          )
        : null,
    accounts: async ({ limit, group, ...asked }) => {
      const at = now();
      const accounts = await idsOfGroup(pool(), { group, accounts: null });
      const found: StatusRow[] = [];
      for (let next: string | null = asked.after; next !== null && found.length <= limit;) {
        const rest = { after: next, limit: limit + 1 - found.length };
        const page = await listAccounts(pool(), { ...asked, ...rest, at, accounts });
        found.push(...page.accounts);
        ({ next } = page);
      }
      const shown = found.slice(0, limit);
      return {
        accounts: shown.map((row) => accountJson(row, at)),
        next: found.length > limit ? (shown.at(-1)?.accountId ?? null) : null,
      };
    },
    alerts: async ({ group, ...asked }) => {
      const accounts = await idsOfGroup(pool(), { group, accounts: null });
      if (asked.accountId !== null) await known(asked.accountId);
      return (await pageAlerts(pool(), { ...pageOf(asked), accounts })).map(({ item }) =>
        alertJson(item),
      );
    },
    act: async (order) => alertJson(await acted(reach, now(), order)),
    campaigns: directCampaigns(pool, known),
    ...compared(parts),
    ...explained(parts),
    ...rows(parts),
    groups: directGroups(pool, now),
    webhooks: directWebhooks(pool, now),
    brakes: directBrakes(reach),
    fleetOrders: directOrders(reach, now),
    shares: directShares({ pool, now, known, publicUrl: reach.publicUrl }),
  };
}

type Asked = Reach & Pick<Source, 'known' | 'unknown'> & { readonly now: () => Instant };

/** Returns what is compared and checked. */
const compared = ({ pool, temporal, now }: Asked): Pick<Source, 'drift' | 'doctor'> => ({
  drift: async ({ limit, group }) => {
    const at = now();
    const accounts = await idsOfGroup(pool(), { group, accounts: null });
    const found = await readDrift(pool(), await compareAll(pool(), at), { at, limit, accounts });
    const shown = found.accounts.map(({ isEdited, ...row }) => ({
      ...accountJson(row, at),
      isEdited,
    }));
    return { ...found, accounts: shown };
  },
  doctor: async () => {
    const { checkTemporal } = await import('../../doctor/temporal.js'); // heavy
    const asked = { open: pool, now, reasonOf: cliErrorOf, here: "this machine's" };
    const found = [checkPostgres(asked), checkTemporal(temporal, now(), cliErrorOf)];
    return (await Promise.all(found)).flat();
  },
});

/** Returns the answers from the workflow and the rows together. */
function explained(asked: Asked): Pick<Source, 'why' | 'reading'> {
  const { pool, now, known, unknown } = asked;
  return {
    why: async (accountId) => {
      await known(accountId);
      const answer = await askWorkflow(asked, now, accountId);
      const status = 'status' in answer ? answer.status : undefined;
      const why = await readWhy(pool(), accountId, { now: now(), status });
      if (!why) throw await unknown(accountId);
      return { ...why, source: status ? 'workflow' : 'postgres' };
    },
    reading: async (accountId) => {
      await known(accountId);
      const answer = await askWorkflow(asked, now, accountId);
      const status = 'status' in answer ? answer.status : undefined;
      const isGone = status ? await hasEnded(asked, accountId) : isEnded(answer);
      const sources = await readSources(pool(), accountId, { now: now(), status });
      if (!sources) throw await unknown(accountId);
      return { ...sources, status: status ?? null, isGone };
    },
  };
}

type Rows = Pick<
  Source,
  'history' | 'whatIf' | 'shadow' | 'events' | 'find' | 'feed' | 'accessChanges' | 'erasures'
>;

/** Returns the answers from the rows alone. */
function rows({ pool, now, known, unknown }: Asked): Rows {
  return {
    history: async (accountId, at) => {
      await known(accountId);
      return stateAt(pool(), accountId, at);
    },
    whatIf: async (accountId, change, days) => {
      await known(accountId);
      const found = await whatIf(pool(), accountId, change, { days, now: now() });
      if (!found) throw await unknown(accountId);
      if (isRefusal(found)) throw refusalOf(found, 'safeband what-if --help');
      return found;
    },
    shadow: async (accountId, days) => {
      const found = await readShadow(pool(), accountId, { today: dayOf(now()), days });
      if (!found) throw await unknown(accountId);
      return found;
    },
    events: async (accountId, { limit, before }) => {
      await known(accountId);
      const page = { limit: limit + 1, ...(before === null ? {} : { before }) };
      const found = await listEvents(pool(), accountId, page);
      const events = found.slice(0, limit).map(eventJson);
      return { events, next: nextOf(found, events.at(-1)?.eventId, limit) };
    },
    find: async ({ group, ...asked }) => {
      const at = now();
      const only = await idsOfGroup(pool(), { group, accounts: null });
      const found = await search(pool(), { ...asked, accounts: only, at }).catch(refuseSearch);
      const { items, isCut } = found.accounts;
      const accounts = { items: items.map((row) => accountJson(row, at)), isCut };
      return foundOf({ ...found, accounts });
    },
    feed: (accountId, asked) => readFeed(pool(), accountId, asked),
    accessChanges: async ({ limit, ...asked }) => {
      const found = await listAccessChanges(pool(), { ...asked, limit: limit + 1 });
      const changes = found.slice(0, limit);
      return { changes, next: nextOf(found, changes.at(-1)?.changeId, limit) };
    },
    erasures: async ({ limit, before }: Page) => {
      const found = await listErasures(pool(), { before, limit: limit + 1 });
      const erasures = found.slice(0, limit);
      return { erasures, next: nextOf(found, erasures.at(-1)?.erasureId, limit) };
    },
  };
}

function refuseSearch(error: unknown): never {
  if (!(error instanceof SearchTooLong)) throw error;
  throw new CliError(EXIT.unreachable, 'Unavailable', error.message);
}

/** Returns the id of the last item if there is another page. */
const nextOf = <Id>(found: readonly unknown[], last: Id | undefined, limit: number): Id | null =>
  found.length > limit ? (last ?? null) : null;

/** Why the workflow did not answer, with the error of the call. */
type Failed = Unanswered & { readonly error: unknown };

const isEnded = (answer: Answered | Failed): boolean => 'why' in answer && answer.why === 'ended';

async function hasEnded({ temporal }: Reach, accountId: string): Promise<boolean> {
  const { client } = await temporal();
  const { hasEnded: ended } = await import('../../temporal/connect.js'); // heavy
  return ended(client, workflowIdOf(accountId));
}

/** Asks the workflow for the status. Throws the errors that are not about its reach. */
async function askWorkflow(
  { temporal }: Reach,
  now: () => Instant,
  accountId: string,
): Promise<Answered | Failed> {
  const readAt = now();
  try {
    const { safeband } = await temporal();
    const answer = knowing({ status: await safeband.status(accountId), readAt });
    return 'why' in answer ? { ...answer, error: new Error(answer.message) } : answer;
  } catch (error) {
    const { exitCode, message } = cliErrorOf(error);
    if (exitCode === EXIT.unreachable) return { why: 'away', message, error };
    if (exitCode === EXIT.unknown) return { why: 'ended', message, error };
    throw error;
  }
}

/** Reads the same status as HTTP and pages; throws if neither Temporal nor Postgres has it. */
async function readStatus(
  reach: Reach,
  now: () => Instant,
  accountId: string,
): Promise<KnownStatus> {
  const answer = await askWorkflow(reach, now, accountId);
  const pool = reach.hasDatabase() ? reach.pool() : null;
  const found = await readStatusWith(pool, accountId, answer, now()).catch((error: unknown) => {
    if (isEnded(answer)) throw error;
    return undefined;
  });
  if (!found) {
    const error = 'error' in answer ? answer.error : undefined;
    if (cliErrorOf(error).code !== 'AccountUnknown') throw error;
    throw await unknownAccount(reach.pool, accountId);
  }
  const why = isEnded(answer) ? 'its workflow has ended' : 'its workflow does not answer';
  return { read: found, why: 'why' in answer ? why : null };
}

const pageOf = ({ state, ...asked }: Omit<AlertsAsked, 'group'>) =>
  ({
    ...asked,
    states: state === 'all' ? null : state === null ? UNRESOLVED : [state],
    order: state === 'all' || state === 'resolved' ? 'opened' : 'urgency',
    after: null,
  }) as const;

async function acted({ pool }: Reach, at: Instant, order: AlertOrder) {
  const { raisedAt, ...what } = order;
  const done = await actOnAlert(pool(), { ...what, at, accounts: null, knownRaisedAt: raisedAt });
  if (!done) throw alertUnknown(order.alertId);
  if (!('refusal' in done)) return done.alert;
  const { code, message, cure } = done.refusal;
  const next =
    code === 'AlertNotClosable'
      ? commandLine('alerts acknowledge', [`${order.alertId}`], '--reason …')
      : 'safeband alerts';
  throw new CliError(EXIT.refused, code, `${message}: ${cure}`, next);
}
