/** *Fleet*: the audits, and the accounts with drift or a cooldown. No audit calls LinkedIn. */
import type { VNode } from 'preact';
import { DRIFT_MAX } from '../../../domain/primitives/limits.js';
import { HOUR_MS, MINUTE_MS, type Instant } from '../../../domain/primitives/time.js';
import type { Heartbeat } from '../../../postgres/read/pageReads.js';
import type { Recovery } from '../../../postgres/operations/recovery.js';
import type { GroupCount, GroupFilter } from '../../../postgres/groups/members.js';
import type { Figures } from '../../../postgres/list/selecting.js';
import type { FleetShown, Reading } from '../accounts/accountList.js';
import { StillReading } from '../accounts/stillReading.js';
import { BrakeSection, type BrakePart } from './brake.js';
import { GroupForm } from '../groups/groupChoice.js';
import { many, whole } from '../ui/format.js';
import { Heartbeats } from './heartbeats.js';
import { Page, type Frame } from '../ui/layout.js';
import type { Numbers } from '../ui/numbers.js';
import { Ago, Empty, Section, State, StateEnd, When } from '../ui/parts.js';
import { STATE_WORDS, STATES } from '../ui/words.js';

/** How many accounts of a kind the page shows. */
export const SHOWN = 20;
/** How long without a heartbeat until readiness fails (R8). */
const OVERDUE_MS = 20 * MINUTE_MS;

type Props = {
  readonly frame: Frame;
  /** The accounts that the key may see. */
  readonly reading: Reading;
  /** Null while the server reads the accounts for the first time. */
  readonly fleet: FleetShown | null;
  /** Null for a limited key, because the rows contain the number of all accounts. */
  readonly heartbeats: readonly Heartbeat[] | null;
  readonly lastHeartbeatAt: Instant | null;
  /** Null if no account was ever without a workflow. */
  readonly recovery: Recovery | null;
  readonly runs: number;
  /** The accounts of a group, or of all. */
  readonly group: GroupFilter;
  readonly groups: readonly GroupCount[];
  readonly brake: BrakePart;
};

export function FleetPage(props: Props): VNode {
  const { frame, reading, fleet } = props;
  return (
    <Page frame={frame} title="Fleet" here="fleet" stream="/v1/stream">
      <div class="head">
        <h1>Fleet</h1>
        <p class={reading.failure === null ? 'note' : 'note stale'}>
          {reading.failure === null ? 'As of ' : 'Out of date: Postgres does not answer. As of '}
          <When at={reading.readAt} />, <Ago at={reading.readAt} now={frame.now} />. Audits and
          reconciles are read every 30 s.
        </p>
        <GroupForm action="/fleet" group={props.group} groups={props.groups} />
        <p class="facts">
          <a href="/groups">Groups</a>
          <a href="/waiting">Waiting asks</a>
          {frame.caller?.role === 'operator' ? (
            <>
              <a href="/orders">Orders</a>
              <a href="/webhooks">Webhooks</a>
              {frame.caller.accounts === null ? <a href="/keys">Keys</a> : null}
            </>
          ) : null}
        </p>
      </div>
      <BrakeSection frame={frame} part={props.brake} />
      {fleet === null ? (
        <StillReading
          progress={reading.progress}
          now={frame.now}
          what="The numbers of the accounts"
        />
      ) : (
        <States figures={fleet.figures} />
      )}
      <Checks {...props} />
      {fleet === null ? null : <Columns fleet={fleet} now={frame.now} />}
      <Heartbeats heartbeats={props.heartbeats} now={frame.now} />
    </Page>
  );
}

const Columns = ({ fleet, now }: { readonly fleet: FleetShown; readonly now: Instant }): VNode => {
  const { drifting, cooldowns } = fleet.figures;
  return (
    <div class="columns">
      <Some
        id="drifting"
        title="Connected accounts with drift"
        none="None: event log and imported InMails account for each counter."
        note={driftNote(drifting.above)}
        more="/accounts?sort=drift&dir=desc"
        accounts={fleet.drifting}
        count={drifting.count}
        now={now}
      />
      <Some
        id="cooldowns"
        title="Cooldowns"
        none="None: no account has a cooldown."
        more="/accounts?state=cooldown"
        accounts={fleet.cooldowns}
        count={cooldowns.count}
        now={now}
      />
    </div>
  );
};

function States({ figures }: { readonly figures: Figures }): VNode {
  const { all, byState, sums } = figures;
  return (
    <Section id="states" title={many(all, 'account')}>
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

function Checks({ frame, fleet, lastHeartbeatAt, recovery, heartbeats, runs }: Props): VNode {
  // An audit that starts thousands of accounts writes its heartbeat late, so each start counts.
  const workedAt = Math.max(lastHeartbeatAt ?? 0, recovery?.signAt ?? 0);
  const isOverdue = lastHeartbeatAt === null || frame.now - workedAt > OVERDUE_MS;
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
        {heartbeats === null ? null : <Missing recovery={recovery} now={frame.now} />}
        {fleet === null ? null : <LeastRecent oldest={fleet.figures.oldest} now={frame.now} />}
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

/** Shows the accounts without a workflow, and the end of a recovery for an hour. */
function Missing({
  recovery,
  now,
}: {
  readonly recovery: Recovery | null;
  readonly now: Instant;
}): VNode | null {
  if (recovery === null) return null;
  const { beganAt, lastAt, started, missing } = recovery;
  if (missing === 0 && (lastAt ?? 0) < now - HOUR_MS) return null;
  return (
    <div class={missing > 0 ? 'over' : undefined} id="recovery">
      <dt>Accounts without a workflow</dt>
      <dd>
        <strong>{whole(missing)}</strong>
      </dd>
      <dd class="note">
        {whole(started)} of {whole(started + missing)} started again since <When at={beganAt} />,{' '}
        <Ago at={beganAt} now={now} />
      </dd>
    </div>
  );
}

const LeastRecent = ({
  oldest,
  now,
}: {
  readonly oldest: Figures['oldest'];
  readonly now: Instant;
}): VNode => (
  <div>
    <dt>Least recent reconcile</dt>
    <dd>
      <strong>
        {oldest === null ? (
          'no account'
        ) : oldest.at === null ? (
          'never'
        ) : (
          <Ago at={oldest.at} now={now} />
        )}
      </strong>
    </dd>
    <dd class="note">
      {oldest === null ? null : <a href={`/accounts/${oldest.accountId}`}>{oldest.accountId}</a>}
    </dd>
  </div>
);

/** Returns what drift is, and how many of these accounts the audit counts. */
const driftNote = (above: number): string =>
  `A slot in flight or uncertain is drift until its outcome is known. Of these accounts, ` +
  `${whole(above)} ${above === 1 ? 'has' : 'have'} a drift of more than ${DRIFT_MAX}: it raises ` +
  'the alert "drift", and the audit counts the account as drifting.';

const Some = ({
  id,
  title,
  none,
  note,
  more,
  accounts,
  count,
  now,
}: {
  readonly id: string;
  readonly title: string;
  readonly none: string;
  readonly note?: string;
  /** The address of the whole list. */
  readonly more: string;
  /** The first accounts of the whole list. */
  readonly accounts: readonly Numbers[];
  readonly count: number;
  readonly now: Instant;
}): VNode => (
  <Section id={id} title={`${title} (${whole(count)})`} note={count === 0 ? undefined : note}>
    {accounts.length === 0 ? (
      <Empty>{none}</Empty>
    ) : (
      <ul class="plain">
        {accounts.map((numbers) => (
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
    {count > SHOWN ? (
      <p class="note">
        The list is cut: {whole(SHOWN)} of {whole(count)}. <a href={more}>Show all</a>
      </p>
    ) : null}
  </Section>
);
