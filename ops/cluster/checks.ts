/** What a run must show: R2 for each account, and an event log that is complete. Pure. */

/** `unavailable`: 503, no answer, or the denial `expired`. The caller asks again with the same id. */
export type Kind = 'granted' | 'denied' | 'delivered' | 'unavailable';
/** One answer to one request; times are milliseconds since the traffic began. */
export type Answer = {
  readonly accountId: string;
  readonly id: string;
  readonly kind: Kind;
  readonly reason?: string | undefined;
  readonly askedAt: number;
  readonly at: number;
};
/** What the lane did to the cluster, and when. Not every act can make an account unavailable. */
export type Act = { readonly at: number; readonly what: string; readonly mayDisturb: boolean };

export type Limits = { readonly accounts: number; readonly cap: number };
export type Rows = {
  /** The counters of the accounts' rows. */
  readonly counters: ReadonlyMap<string, number>;
  /** The reservation of each row of the event log. */
  readonly events: readonly { readonly accountId: string; readonly id: string }[];
};
export type Check = { readonly what: string; readonly found: string; readonly isOk: boolean };

const keyOf = ({ accountId, id }: { readonly accountId: string; readonly id: string }): string =>
  `${accountId}/${id}`;
const keysOf = (answers: readonly Answer[], kind: Kind): ReadonlySet<string> =>
  new Set(answers.filter((one) => one.kind === kind).map(keyOf));

/** Returns how many different ids were granted in each account. */
export function grantsOf(answers: readonly Answer[]): ReadonlyMap<string, number> {
  const grants = new Map<string, number>();
  for (const key of keysOf(answers, 'granted')) {
    const accountId = key.split('/')[0] ?? '';
    grants.set(accountId, (grants.get(accountId) ?? 0) + 1);
  }
  return grants;
}

/** Compares the answers of callers with what the database has. */
export function checksOf(
  { accounts, cap }: Limits,
  answers: readonly Answer[],
  { counters, events }: Rows,
): readonly Check[] {
  const grants = grantsOf(answers);
  const granted = [...grants.values()].reduce((sum, one) => sum + one, 0);
  const over = [...grants].filter(([, count]) => count > cap).map(([accountId]) => accountId);
  const otherCounters = [...grants].filter(([accountId, n]) => counters.get(accountId) !== n);
  const reasons = [...new Set(answers.flatMap(({ reason }) => reason ?? []))].toSorted();
  const reported = keysOf(answers, 'delivered');
  const logged = events.map(keyOf);
  const once = new Set(logged);
  const lost = [...reported].filter((key) => !once.has(key));
  const extra = [...once].filter((key) => !reported.has(key));
  const names = (list: readonly string[]): string =>
    list.length === 0 ? 'none' : `${list.length}: ${list.slice(0, 5).join(', ')}`;
  return [
    {
      what: `grants (${accounts} accounts, cap ${cap})`,
      found: `${granted} of ${accounts * cap}`,
      isOk: granted === accounts * cap && grants.size === accounts,
    },
    { what: 'accounts over their cap', found: names(over), isOk: over.length === 0 },
    {
      what: 'accounts whose counter is not the number of their grants',
      found: names(otherCounters.map(([accountId]) => accountId)),
      isOk: otherCounters.length === 0,
    },
    {
      what: 'reasons of denials',
      found: reasons.join(', ') || 'none',
      isOk: reasons.length === 1 && reasons[0] === 'daily_cap',
    },
    { what: 'deliveries reported', found: `${reported.size}`, isOk: reported.size === granted },
    { what: 'deliveries that the event log lost', found: names(lost), isOk: lost.length === 0 },
    {
      what: 'rows of the event log that repeat a delivery',
      found: String(logged.length - once.size),
      isOk: logged.length === once.size,
    },
    { what: 'rows that no caller reported', found: names(extra), isOk: extra.length === 0 },
  ];
}

type Silence = { readonly from: number; readonly until: number };

/**
 * Returns the times in which an account was not available to its callers: from the first request
 * without an answer until the next answer of the account.
 */
export function silencesOf(answers: readonly Answer[]): readonly Silence[] {
  const found: Silence[] = [];
  for (const accountId of new Set(answers.map((one) => one.accountId))) {
    const own = answers.filter((one) => one.accountId === accountId);
    let from: number | undefined;
    let last = 0;
    for (const { kind, askedAt, at } of own.toSorted((a, b) => a.at - b.at)) {
      last = at;
      if (kind === 'unavailable') from ??= askedAt;
      else if (from !== undefined && askedAt >= from) {
        found.push({ from, until: at });
        from = undefined;
      }
    }
    if (from !== undefined) found.push({ from, until: last });
  }
  return found;
}

export type Phase = {
  readonly at: number;
  readonly what: string;
  readonly granted: number;
  readonly denied: number;
  readonly delivered: number;
  readonly unavailable: number;
  /** The longest silence that the act caused, in milliseconds. */
  readonly longestMs: number;
};

/** Returns the last act before the end of a silence that may have caused it. */
const causeOf = (acts: readonly Act[], { until }: Silence): Act | undefined =>
  acts.findLast(({ at, mayDisturb }) => mayDisturb && at <= until);

/** Splits a run at the acts: what happened until the next act. */
export function phasesOf(acts: readonly Act[], answers: readonly Answer[]): readonly Phase[] {
  const silences = silencesOf(answers);
  return acts.map((act, index) => {
    const { at, what } = act;
    const end = acts[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    const isHere = (instant: number): boolean => instant >= at && instant < end;
    const here = answers.filter((one) => isHere(one.at));
    const count = (kind: Kind): number => here.filter((one) => one.kind === kind).length;
    const lengths = silences
      .filter((silence) => causeOf(acts, silence) === act)
      .map(({ from, until }) => until - from);
    return {
      at,
      what,
      granted: count('granted'),
      denied: count('denied'),
      delivered: count('delivered'),
      unavailable: count('unavailable'),
      longestMs: Math.max(0, ...lengths),
    };
  });
}

/** Minutes before midnight UTC in which no run begins: a new day has new caps. */
const BEFORE_MIDNIGHT_MIN = 15;

/** True if a run that begins now cannot reach midnight UTC. */
export const isEarlyEnough = (now: Date): boolean =>
  now.getUTCHours() * 60 + now.getUTCMinutes() < 24 * 60 - BEFORE_MIDNIGHT_MIN;
