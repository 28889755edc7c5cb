/** *Account*: what it may do now, what a person has to do, its numbers, and the tabs. */
import type { VNode } from 'preact';
import { headlineOf } from '../../../domain/gap/sentences.js';
import type { AccountData } from './accountData.js';
import { DayPicture, NextSlots, Timeline } from './accountDay.js';
import { Days, Week } from './accountDays.js';
import { Settings } from './accountSettings.js';
import { Alerts, Denials, OpenReservations, WaitingLine } from './accountTables.js';
import { Changes } from './changes.js';
import { Top } from './accountTop.js';
import { Reservations } from './reservations.js';
import { Tabs, TABS, type Tab } from './tabs.js';
import { Bar } from '../ui/bar.js';
import { CreditsLine } from '../ui/creditsLine.js';
import { Page, type Frame } from '../ui/layout.js';
import { isDriftMarked } from '../ui/numbers.js';
import { Ago, Left, Section } from '../ui/parts.js';
import { Sum } from '../ui/sum.js';
import { CAP_WORDS } from '../ui/words.js';

type Props = {
  readonly frame: Frame;
  readonly data: AccountData;
  readonly tab?: Tab;
  /** Null: the address of the Temporal UI is unknown. */
  readonly workflowUrl: string | null;
};

export function AccountPage({ frame, data, tab = 'day', workflowUrl }: Props): VNode {
  const { accountId } = data.numbers;
  const { now } = frame;
  const canOperate = frame.caller?.role === 'operator';
  return (
    <Page
      frame={frame}
      title={tab === 'day' ? accountId : `${TABS[tab].word}: ${accountId}`}
      here="accounts"
      stream={`/v1/accounts/${accountId}/stream`}
      zone={data.settings.timezone}
    >
      <Top
        data={data}
        now={now}
        canOperate={canOperate}
        workflowUrl={canOperate ? workflowUrl : null}
      />
      <Alerts alerts={data.rows.alerts} accountId={accountId} now={now} canOperate={canOperate} />
      <TwoNumbers data={data} />
      <OpenReservations data={data} now={now} canOperate={canOperate} />
      {data.waiting > 0 && tab === 'day' ? (
        <WaitingLine data={data} canOperate={canOperate} />
      ) : null}
      <Tabs accountId={accountId} here={tab} />
      <Content tab={tab} data={data} now={now} canOperate={canOperate} />
    </Page>
  );
}

function Content({
  tab,
  data,
  now,
  canOperate,
}: {
  readonly tab: Tab;
  readonly data: AccountData;
  readonly now: number;
  readonly canOperate: boolean;
}): VNode {
  const { accountId } = data.numbers;
  if (tab === 'reservations') {
    return (
      <>
        <Reservations data={data} />
        <WaitingLine data={data} canOperate={canOperate} />
        <p class="links">
          <a href={`/reservations?accountId=${accountId}`}>Reservations of all days</a>
          <Files accountId={accountId} lists={['reservations', 'events']} />
        </p>
      </>
    );
  }
  if (tab === 'changes') {
    return (
      <>
        <Changes changes={data.rows.changes} />
        <p>
          <Files accountId={accountId} lists={['changes', 'corrections']} />
        </p>
      </>
    );
  }
  if (tab === 'settings') return <Settings data={data} canOperate={canOperate} />;
  if (tab === 'days') {
    return (
      <>
        <Days data={data} />
        <Week data={data} />
        <p>
          <Files accountId={accountId} lists={['days']} />
        </p>
      </>
    );
  }
  return (
    <>
      <DayPicture data={data} />
      <div class="columns">
        <Timeline data={data} />
        <div>
          <NextSlots data={data} now={now} />
          <Denials denials={data.denials} />
        </div>
      </div>
    </>
  );
}

/** Renders the links to files with all rows of those lists. */
const Files = ({
  accountId,
  lists,
}: {
  readonly accountId: string;
  readonly lists: readonly string[];
}): VNode => (
  <span>
    Download CSV:
    {lists.map((list) => (
      <>
        {' '}
        <a key={list} href={`/v1/accounts/${accountId}/${list}?format=csv`} download>
          {list}
        </a>
      </>
    ))}
  </span>
);

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
        <div class={isDriftMarked(drift) ? 'over' : undefined}>
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
      <Sum numbers={numbers} />
      <CreditsLine credits={data.credits} />
      {counter === logged ? null : (
        <p>
          {headlineOf(numbers, data.rows.now)}{' '}
          <a href={`/accounts/${numbers.accountId}/why`}>Why?</a>
        </p>
      )}
    </Section>
  );
}
