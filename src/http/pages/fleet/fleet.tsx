/** *Fleet*: the audits, and the accounts with drift or a cooldown. No audit calls LinkedIn. */
import type { VNode } from 'preact';
import { isAboveDriftMax } from '../../../domain/account/counter.js';
import { DRIFT_MAX } from '../../../domain/primitives/limits.js';
import { MINUTE_MS, type Instant } from '../../../domain/primitives/time.js';
import type { Heartbeat } from '../../../postgres/read/pageReads.js';
import { askOf, listed, onceFor } from '../accounts/accountsView.js';
import type { Snapshot } from './fleetSnapshot.js';
import { many, whole } from '../ui/format.js';
import { Heartbeats } from './heartbeats.js';
import { Page, type Frame } from '../ui/layout.js';
import type { Numbers } from '../ui/numbers.js';
import { Ago, Empty, Section, State, StateEnd, When } from '../ui/parts.js';
import { STATE_WORDS, STATES } from '../ui/words.js';

const SHOWN = 20;
/** How long without a heartbeat until readiness fails (R8). */
const OVERDUE_MS = 20 * MINUTE_MS;

type Props = {
  readonly frame: Frame;
  /** The accounts that the key may see. */
  readonly snapshot: Snapshot;
  /** Null for a limited key, because the rows contain the number of all accounts. */
  readonly heartbeats: readonly Heartbeat[] | null;
  readonly lastHeartbeatAt: Instant | null;
  readonly runs: number;
};

export function FleetPage(props: Props): VNode {
  const { frame, snapshot } = props;
  const { drifting, cooldowns } = summaryOf(snapshot.accounts);
  return (
    <Page frame={frame} title="Fleet" here="fleet" stream="/v1/stream">
      <div class="head">
        <h1>Fleet</h1>
        <p class={snapshot.failure === null ? 'note' : 'note stale'}>
          {snapshot.failure === null ? 'As of ' : 'Out of date: Postgres does not answer. As of '}
          <When at={snapshot.readAt} />, <Ago at={snapshot.readAt} now={frame.now} />. Audits and
          reconciles are read every 30 s.
        </p>
        {frame.caller?.role === 'operator' ? (
          <p class="facts">
            <a href="/webhooks">Webhooks</a>
            {frame.caller.accounts === null ? <a href="/keys">Keys</a> : null}
          </p>
        ) : null}
      </div>
      <States accounts={snapshot.accounts} />
      <Checks {...props} />
      <div class="columns">
        <Some
          id="drifting"
          title="Connected accounts with drift"
          none="None: event log and imported InMails account for each counter."
          note={driftNote(drifting)}
          more="/accounts?sort=drift&dir=desc"
          accounts={drifting}
          now={frame.now}
        />
        <Some
          id="cooldowns"
          title="Cooldowns"
          none="None: no account has a cooldown."
          more="/accounts?state=cooldown"
          accounts={cooldowns}
          now={frame.now}
        />
      </div>
      <Heartbeats heartbeats={props.heartbeats} now={frame.now} />
    </Page>
  );
}

type Summary = {
  readonly drifting: readonly Numbers[];
  readonly cooldowns: readonly Numbers[];
  readonly oldest: Numbers | undefined;
  readonly sums: Pick<Numbers, 'counter' | 'logged' | 'inFlight' | 'uncertain'>;
};

/** The figures of the page. */
const summaryOf = onceFor((accounts): Summary => {
  const sums = { counter: 0, logged: 0, inFlight: 0, uncertain: 0 };
  let oldest: Numbers | undefined;
  for (const one of accounts) {
    sums.counter += one.counter;
    sums.logged += one.logged;
    sums.inFlight += one.inFlight;
    sums.uncertain += one.uncertain;
    const isOlder = (one.lastCheckedAt ?? 0) < (oldest?.lastCheckedAt ?? Infinity);
    if (one.state !== 'disconnected' && (oldest === undefined || isOlder)) oldest = one;
  }
  return {
    drifting: accounts
      .filter(({ drift, state }) => drift !== 0 && state !== 'disconnected')
      .toSorted((a, b) => Math.abs(b.drift) - Math.abs(a.drift)),
    cooldowns: accounts
      .filter(({ state }) => state === 'cooldown')
      .toSorted((a, b) => (a.cooldown?.until ?? 0) - (b.cooldown?.until ?? 0)),
    oldest,
    sums,
  };
});

function States({ accounts }: { readonly accounts: readonly Numbers[] }): VNode {
  const { byState } = listed(accounts, NOTHING);
  const { sums } = summaryOf(accounts);
  return (
    <Section id="states" title={many(accounts.length, 'account')}>
      <ul class="tiles">
        {STATES.map((state) => (
          <li key={state}>
            <a href={`/accounts?state=${state}`}>
              <strong>{whole(byState[state])}</strong>
              <span>
                <span aria-hidden="true">{STATE_WORDS[state].sign}</span> {STATE_WORDS[state].word}
              </span>
            </a>
          </li>
        ))}
      </ul>
      <p>
        Today: {whole(sums.counter)} on the counters, {whole(sums.logged)} in the event logs,{' '}
        {whole(sums.inFlight)} in flight, {whole(sums.uncertain)} uncertain.
      </p>
    </Section>
  );
}
const NOTHING = askOf({});

function Checks({ frame, snapshot, lastHeartbeatAt, runs }: Props): VNode {
  const { oldest } = summaryOf(snapshot.accounts);
  const isOverdue = lastHeartbeatAt === null || frame.now - lastHeartbeatAt > OVERDUE_MS;
  return (
    <Section id="checks" title="Audits and reconciles">
      <dl class="two">
        <div class={isOverdue ? 'over' : undefined}>
          <dt>Last fleet audit</dt>
          <dd>
            <strong>
              {lastHeartbeatAt === null ? 'none yet' : <Ago at={lastHeartbeatAt} now={frame.now} />}
            </strong>
          </dd>
          <dd class="note">
            {isOverdue ? 'overdue: it runs every 10 minutes' : 'it runs every 10 minutes'}
          </dd>
        </div>
        <div>
          <dt>Least recent reconcile</dt>
          <dd>
            <strong>
              {oldest === undefined ? (
                'no account'
              ) : oldest.lastCheckedAt === null ? (
                'never'
              ) : (
                <Ago at={oldest.lastCheckedAt} now={frame.now} />
              )}
            </strong>
          </dd>
          <dd class="note">
            {oldest === undefined ? null : (
              <a href={`/accounts/${oldest.accountId}`}>{oldest.accountId}</a>
            )}
          </dd>
        </div>
        <div>
          <dt>Reconciles of accounts</dt>
          <dd>
            <strong>{whole(runs)}</strong>
          </dd>
          <dd class="note">in the last 24 hours</dd>
        </div>
      </dl>
    </Section>
  );
}

/** Returns how many of these accounts the audit counts. */
function driftNote(drifting: readonly Numbers[]): string {
  const above = drifting.filter(({ drift }) => isAboveDriftMax(drift)).length;
  return (
    `A slot in flight or uncertain is drift until its outcome is known. Of these accounts, ` +
    `${whole(above)} ${above === 1 ? 'has' : 'have'} a drift of more than ${DRIFT_MAX}: it raises ` +
    'the alert "drift", and the audit counts the account as drifting.'
  );
}

const Some = ({
  id,
  title,
  none,
  note,
  more,
  accounts,
  now,
}: {
  readonly id: string;
  readonly title: string;
  readonly none: string;
  readonly note?: string;
  /** The address of the whole list. */
  readonly more: string;
  readonly accounts: readonly Numbers[];
  readonly now: Instant;
}): VNode => (
  <Section
    id={id}
    title={`${title} (${whole(accounts.length)})`}
    note={accounts.length === 0 ? undefined : note}
  >
    {accounts.length === 0 ? (
      <Empty>{none}</Empty>
    ) : (
      <ul class="plain">
        {accounts.slice(0, SHOWN).map((numbers) => (
          <li key={numbers.accountId} id={`${id}-${numbers.accountId}`}>
            <a href={`/accounts/${numbers.accountId}`}>{numbers.accountId}</a>{' '}
            <State state={numbers.state} /> <StateEnd numbers={numbers} now={now} />
            <span class="note figures">
              counter {numbers.counter}, event log {numbers.logged}
              {numbers.imported > 0 ? `, imported ${numbers.imported}` : ''}: drift {numbers.drift}
              {numbers.inFlight > 0 ? `, ${numbers.inFlight} in flight` : ''}
              {numbers.uncertain > 0 ? `, ${numbers.uncertain} uncertain` : ''}
            </span>
          </li>
        ))}
      </ul>
    )}
    {accounts.length > SHOWN ? (
      <p class="note">
        The list is cut: {whole(SHOWN)} of {whole(accounts.length)}. <a href={more}>Show all</a>
      </p>
    ) : null}
  </Section>
);
