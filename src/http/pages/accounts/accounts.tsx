/** *Accounts*: counter and event log of each account, and its state. */
import type { VNode } from 'preact';
import { TIER_WORDS } from '../../../domain/primitives/tier.js';
import type { Caller } from '../../access/caller.js';
import { addressOf, SORTS, type Ask } from './accountsView.js';
import type { Listed, Reading } from './accountList.js';
import type { Sort } from '../../../postgres/list/conditions.js';
import { Filter } from './filter.js';
import { StillReading } from './stillReading.js';
import { CanSendLine } from '../ui/canSend.js';
import { ShadowTag } from '../shadow/banner.js';
import { Bar } from '../ui/bar.js';
import { many, whole } from '../ui/format.js';
import { canSendRead } from '../../../status/canSend.js';
import { Page, type Frame } from '../ui/layout.js';
import type { OpenCounts } from '../../../postgres/alerts/alerts.js';
import { OpenAlertsOf } from '../alerts/alertCard.js';
import { isDriftMarked, type Numbers } from '../ui/numbers.js';
import { Ago, Empty, Id, When } from '../ui/parts.js';

type Props = {
  readonly frame: Frame;
  readonly ask: Ask;
  readonly reading: Reading;
  /** Null while the server reads the numbers of all accounts for the first time. */
  readonly list: Listed | null;
  /** The open alerts of each account that has one. */
  readonly alerts: ReadonlyMap<string, OpenCounts>;
};

export function AccountsPage({ frame, ask, list, reading, alerts }: Props): VNode {
  const canConnect = frame.caller?.role === 'operator' && mayConnect(frame.caller);
  const all = reading.progress.size;
  return (
    <Page frame={frame} title="Accounts" here="accounts" stream="/v1/stream">
      <div class="head bar-of-list">
        <h1>Accounts</h1>
        {all === 0 ? null : <Filter ask={ask} all={all} counts={list?.counts ?? null} />}
        {canConnect ? (
          <a class="button" href="/connect">
            Connect an account
          </a>
        ) : null}
      </div>
      {list === null ? (
        <StillReading progress={reading.progress} now={frame.now} what="Filters and orders" />
      ) : all === 0 ? (
        <FirstStart canConnect={canConnect} />
      ) : (
        <>
          {list.shown.length === 0 ? (
            <Empty>
              No account matches. <a href="/accounts">Show all {whole(all)}</a>
            </Empty>
          ) : (
            <List frame={frame} ask={ask} list={list} alerts={alerts} />
          )}
          <Pager ask={ask} list={list} />
          <Freshness frame={frame} reading={reading} />
        </>
      )}
    </Page>
  );
}

/** A key of groups connects new accounts into its groups (R26). */
const mayConnect = ({ accounts, groups }: Caller): boolean => accounts === null || groups !== null;

const Freshness = ({
  frame,
  reading: { readAt, failure },
}: Pick<Props, 'frame' | 'reading'>): VNode => (
  <p class={failure === null ? 'note' : 'note stale'}>
    {failure === null ? 'As of ' : 'Out of date: Postgres does not answer. As of '}
    <When at={readAt} />, <Ago at={readAt} now={frame.now} />
    {failure === null ? '; the page updates itself.' : '.'}
  </p>
);

const FirstStart = ({ canConnect }: { readonly canConnect: boolean }): VNode => (
  <div class="card message">
    <h2>No account yet</h2>
    <p>
      Safeband counts each InMail before it is sent. After you connect a LinkedIn account, this page
      shows its numbers.
    </p>
    {canConnect ? (
      <p>
        <a class="button primary" href="/connect">
          Connect the first account
        </a>
      </p>
    ) : (
      <p>An operator’s key can connect an account. A limited key shows only its own accounts.</p>
    )}
    <p>With the command line, or over HTTP:</p>
    <pre tabIndex={0}>
      {`safeband connect anna --tier sales_navigator

curl -X POST $SAFEBAND/v1/accounts/anna/connect \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" -d '{"tier": "sales_navigator"}'`}
    </pre>
  </div>
);

/** A column: its class, its word, and its order. A small screen leaves out some columns. */
const COLUMNS: readonly (readonly [string, string, Sort | null])[] = [
  ['col-id', 'Account', 'id'],
  ['col-tier', 'Tier', null],
  ['col-send', 'Can it send?', null],
  ['col-alerts', 'Alerts', null],
  ['number', 'Counter', 'counter'],
  ['col-bar', 'Used of the cap', null],
  ['number', 'Event log', null],
  ['number', 'Left today', 'remaining'],
  ['number', 'Drift', 'drift'],
  ['number col-checked', 'Last reconcile', 'checked'],
];

const List = ({
  frame,
  ask,
  list,
  alerts,
}: Pick<Props, 'frame' | 'ask' | 'alerts'> & { readonly list: Listed }): VNode => (
  <table class="accounts">
    <caption class="hidden">
      {many(list.matches, 'account')}, by {SORTS[ask.sort]}
    </caption>
    <thead>
      <tr>
        {COLUMNS.map(([kind, word, sort]) => (
          <Head key={word} kind={kind} word={word} sort={sort} ask={ask} />
        ))}
      </tr>
    </thead>
    <tbody>
      {list.shown.map((numbers) => (
        <Row
          key={numbers.accountId}
          numbers={numbers}
          alerts={alerts.get(numbers.accountId)}
          now={frame.now}
        />
      ))}
    </tbody>
  </table>
);

function Head({
  kind,
  word,
  sort,
  ask,
}: {
  readonly kind: string;
  readonly word: string;
  readonly sort: Sort | null;
  readonly ask: Ask;
}): VNode {
  if (sort === null) {
    return (
      <th scope="col" class={kind}>
        {word}
      </th>
    );
  }
  const isOn = ask.sort === sort;
  const order = isOn ? (ask.isDescending ? 'descending' : 'ascending') : undefined;
  const next = isOn ? !ask.isDescending : sort !== 'id' && sort !== 'state';
  return (
    <th scope="col" class={kind} aria-sort={order}>
      <a href={addressOf(ask, { sort, isDescending: next })}>
        {word}
        {isOn ? <span aria-hidden="true">{ask.isDescending ? ' ▾' : ' ▴'}</span> : null}
      </a>
    </th>
  );
}

function Row({
  numbers,
  alerts,
  now,
}: {
  readonly numbers: Numbers;
  readonly alerts: OpenCounts | undefined;
  readonly now: Frame['now'];
}): VNode {
  const { accountId, tier, counter, caps, logged, delivered, external, drift, edited } = numbers;
  const isOver = counter > caps.effective;
  return (
    <tr id={`account-${accountId}`}>
      <th scope="row" class="col-id">
        <Id id={accountId}>
          <a href={`/accounts/${accountId}`}>{accountId}</a>
        </Id>
        <ShadowTag mode={numbers.mode} />
        {numbers.group === null ? null : <span class="note"> {numbers.group}</span>}
      </th>
      <td class="col-tier">{TIER_WORDS[tier]}</td>
      <td class="col-send" title={canSendRead(numbers, now).line}>
        <CanSendLine numbers={numbers} now={now} />
        {numbers.hold === null ? null : <span class="note"> {numbers.hold.reason}</span>}
      </td>
      <td class="col-alerts">
        <OpenAlertsOf accountId={accountId} counts={alerts} />
      </td>
      <td data-label="Counter" class={isOver ? 'number over' : 'number'}>
        <strong>{counter}</strong> of {caps.effective}
        {isOver ? <span class="hidden"> over the cap</span> : null}
        {edited ? (
          <span class="note" title={edited.line}>
            {edited.row === counter ? 'row edited manually' : `the row has ${edited.row}`}
          </span>
        ) : null}
      </td>
      <td class="col-bar">
        <Bar numbers={numbers} />
      </td>
      <td
        data-label="Event log"
        class="number"
        title={`${delivered} delivered, ${external} sent manually`}
      >
        {logged}
      </td>
      <td data-label="Left today" class="number">
        {numbers.remaining}
      </td>
      <td data-label="Drift" class={isDriftMarked(drift) ? 'number over' : 'number'}>
        {drift === 0 ? '0' : <a href={`/accounts/${accountId}/why`}>{drift}</a>}
      </td>
      <td data-label="Last reconcile" class="number col-checked">
        {numbers.lastCheckedAt === null ? 'never' : <Ago at={numbers.lastCheckedAt} now={now} />}
      </td>
    </tr>
  );
}

function Pager({ ask, list }: { readonly ask: Ask; readonly list: Listed }): VNode {
  const { page, pages, matches, shown } = list;
  return (
    <nav class="pager" aria-label="Pages of the list">
      <span>
        {many(matches, 'account')}
        {pages > 1 ? `, page ${page} of ${pages}` : ''}
      </span>
      {page > 1 ? (
        <a rel="prev" href={addressOf(ask, { page: page - 1 })}>
          ← Previous
        </a>
      ) : null}
      {page < pages && shown.length > 0 ? (
        <a rel="next" href={addressOf(ask, { page: page + 1 })}>
          Next →
        </a>
      ) : null}
    </nav>
  );
}
