/** *Account*: the sum of the counter, the day until now, and the next events. */
import type { VNode } from 'preact';
import { headlineOf } from '../../../domain/gap/sentences.js';
import { TIER_WORDS } from '../../../domain/primitives/tier.js';
import type { AccountData } from './accountData.js';
import { Days, DayPicture, NextSlots, Ramp, Timeline, Week } from './accountDay.js';
import { Alerts, Changes, Denials, OpenReservations } from './accountTables.js';
import { CanSendLine } from '../ui/canSend.js';
import { Bar, Legend } from '../ui/bar.js';
import { Page, type Frame } from '../ui/layout.js';
import type { Numbers } from '../ui/numbers.js';
import { Ago, CooldownLine, Left, Section, State, StateEnd, When } from '../ui/parts.js';
import { Sum } from '../ui/sum.js';
import { CAP_WORDS, STATE_WORDS } from '../ui/words.js';

type Props = {
  readonly frame: Frame;
  readonly data: AccountData;
  /** Null: the address of the Temporal UI is unknown. */
  readonly workflowUrl: string | null;
};

export function AccountPage({ frame, data, workflowUrl }: Props): VNode {
  const { numbers } = data;
  const { accountId } = numbers;
  const canOperate = frame.caller?.role === 'operator';
  return (
    <Page
      frame={frame}
      title={accountId}
      here="accounts"
      stream={`/v1/accounts/${accountId}/stream`}
    >
      <div class="head">
        <p class="crumbs">
          <a href="/accounts">Accounts</a>
        </p>
        <h1>{accountId}</h1>
        <p id="can-send" class="lead">
          <CanSendLine numbers={numbers} now={frame.now} />
        </p>
        <p>
          {TIER_WORDS[numbers.tier]} · <State state={numbers.state} />{' '}
          <StateEnd numbers={numbers} now={frame.now} />
        </p>
        <Origin data={data} now={frame.now} />
        <Links accountId={accountId} workflowUrl={workflowUrl} />
        {canOperate ? <Actions numbers={numbers} /> : null}
      </div>
      <Warning numbers={numbers} now={frame.now} />
      <Alerts
        alerts={data.rows.alerts}
        accountId={accountId}
        now={frame.now}
        canOperate={canOperate}
      />
      <TwoNumbers data={data} />
      <Denials denials={data.denials} />
      <Sum numbers={numbers} />
      <DayPicture data={data} />
      <div class="columns">
        <Timeline data={data} />
        <div>
          <NextSlots data={data} now={frame.now} />
          <Week data={data} />
          <Ramp data={data} />
        </div>
      </div>
      <OpenReservations data={data} now={frame.now} canOperate={canOperate} />
      <Days data={data} />
      <Changes changes={data.rows.changes} />
    </Page>
  );
}

/** Renders the page of a connected account whose first row is not written yet. */
export const StartingPage = ({
  frame,
  accountId,
}: {
  readonly frame: Frame;
  readonly accountId: string;
}): VNode => (
  <Page frame={frame} title={accountId} stream={`/v1/accounts/${accountId}/stream`}>
    <div class="message card">
      <h1>{accountId}</h1>
      <p>
        The account is connected, and its first rows are being written. This page reloads in{' '}
        <Left until={frame.now + STARTING_MS} now={frame.now} />.
      </p>
      <p>
        <a href={`/accounts/${accountId}`}>Reload now</a>
      </p>
    </div>
  </Page>
);
/** How long until the page is loaded again. */
const STARTING_MS = 2_000;

function Origin({ data, now }: { readonly data: AccountData; readonly now: number }): VNode {
  const { from, readAt } = data.origin;
  if (from === 'workflow') {
    return (
      <p class="note">
        These numbers are from the workflow of the account, read <Ago at={readAt} now={now} />.
      </p>
    );
  }
  return from === 'ended' ? (
    <p class="note">The workflow of the account has ended, so these numbers are from Postgres.</p>
  ) : (
    <p class="banner banner-lost">
      Temporal does not answer, so these numbers are from Postgres and may be up to 15 s old. No
      changes are possible until Temporal answers again.
    </p>
  );
}

const Links = ({
  accountId,
  workflowUrl,
}: {
  readonly accountId: string;
  readonly workflowUrl: string | null;
}): VNode => (
  <p class="links">
    <a href={`/accounts/${accountId}/why`}>Why do my numbers differ?</a>
    <a href={`/accounts/${accountId}/history`}>History</a>
    {workflowUrl === null ? null : (
      <a href={workflowUrl} rel="noreferrer">
        Workflow in the Temporal UI
      </a>
    )}
  </p>
);

const Actions = ({ numbers }: { readonly numbers: Numbers }): VNode => {
  const { accountId, state } = numbers;
  const link = (action: string, word: string): VNode => (
    <a class="button" href={`/accounts/${accountId}/do/${action}`}>
      {word}
    </a>
  );
  if (state === 'disconnected') {
    return <p class="actions">{link('connect', 'Connect again')}</p>;
  }
  const isResumable = state === 'held' || state === 'no_credits' || state === 'cooldown';
  return (
    <p class="actions">
      {state === 'held' ? null : link('hold', 'Hold')}
      {isResumable ? link('resume', 'Resume') : null}
      {link('reconcile', 'Reconcile now')}
      {link('configure', 'Change settings')}
      {link('disconnect', 'Disconnect')}
    </p>
  );
};

/** Renders the reason why sends wait, as a sentence; nothing if no reason exists. */
function Warning({ numbers, now }: { readonly numbers: Numbers; readonly now: number }): VNode {
  const { state, cooldown, hold, breakerUntil, edited } = numbers;
  return (
    <>
      {edited ? (
        <p class="banner banner-warn">
          The row in Postgres was edited manually: its counter is {edited.row}, and the account's
          own counter is {edited.counted}. The larger number counts until the next reconcile
          corrects the row
          {numbers.nextCheckAt === null ? null : (
            <>
              , at <When at={numbers.nextCheckAt} /> (in{' '}
              <Left until={numbers.nextCheckAt} now={now} />)
            </>
          )}
          .
        </p>
      ) : null}
      {state === 'active' || state === 'disconnected' ? null : (
        <p class="banner banner-warn">
          <strong>{STATE_WORDS[state].word}.</strong>{' '}
          {state === 'cooldown' && cooldown ? <CooldownLine cooldown={cooldown} /> : null}
          {state === 'held' && hold ? (
            <>
              {hold.actor} stopped the account on <When at={hold.since} show="full" />:{' '}
              {hold.reason}
            </>
          ) : null}
          {state === 'no_credits' && breakerUntil !== null ? (
            <>
              LinkedIn grants new credits on <When at={breakerUntil} show="full" />.
            </>
          ) : null}
          {state === 'unverified' ? STATE_WORDS.unverified.means : null}
        </p>
      )}
    </>
  );
}

function TwoNumbers({ data }: { readonly data: AccountData }): VNode {
  const { numbers } = data;
  const { counter, caps, logged, delivered, external, remaining, carried, drift } = numbers;
  return (
    <Section id="numbers" title="Today’s two numbers">
      <dl class="two">
        <div class={counter > caps.effective ? 'over' : undefined}>
          <dt>Counter</dt>
          <dd>
            <strong id="counter">{counter}</strong> of {caps.effective}
          </dd>
          <dd class="note">the gate uses this number; {CAP_WORDS[caps.binding]} applies</dd>
        </div>
        <div>
          <dt>Event log</dt>
          <dd>
            <strong id="logged">{logged}</strong>
          </dd>
          <dd class="note">
            {delivered} delivered{external > 0 ? ` + ${external} sent manually` : ''}, each with its
            proof
          </dd>
        </div>
        <div>
          <dt>Room left</dt>
          <dd>
            <strong id="remaining">{remaining}</strong>
          </dd>
          <dd class="note">
            {carried > 0
              ? `${carried} carried from earlier days ${carried === 1 ? 'takes' : 'take'} room`
              : 'until midnight UTC'}
          </dd>
        </div>
        <div class={Math.abs(drift) > 5 ? 'over' : undefined}>
          <dt>Drift</dt>
          <dd>
            <strong id="drift">{drift}</strong>
          </dd>
          <dd class="note">
            last reconcile{' '}
            {numbers.lastCheckedAt === null ? (
              'never'
            ) : (
              <Ago at={numbers.lastCheckedAt} now={data.rows.now} />
            )}
          </dd>
        </div>
      </dl>
      <Bar numbers={numbers} tall={true} />
      <Legend numbers={numbers} />
      <p>
        {headlineOf(numbers, data.rows.now)} <a href={`/accounts/${numbers.accountId}/why`}>Why?</a>
      </p>
    </Section>
  );
}
