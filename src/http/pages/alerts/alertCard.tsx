/** One alert for people: what it is, its age, the next step, who works on it, and its actions. */
import type { VNode } from 'preact';
import { ALERT_HELP, END_WORDS, mayClose } from '../../../domain/diagnostics/alerts/alertHelp.js';
import type { Severity } from '../../../domain/account/alertKinds.js';
import { FLEET } from '../../../domain/reconcile/fleetAudit.js';
import type { Alert, AlertAct, OpenCounts } from '../../../postgres/alerts/alerts.js';
import { RUNBOOK_PATH } from '../../runbookUrl.js';
import { Ago, Id, Dated, When } from '../ui/parts.js';

const SIGNS = { info: '△ info', warning: '▲ warning', critical: '◆ critical' } as const;

/** Renders a severity with its sign, because some readers cannot distinguish colours. */
export const SeverityWord = ({ severity }: { readonly severity: Severity }): VNode => (
  <span class={`severity severity-${severity}`}>{SIGNS[severity]}</span>
);

/** Renders the open alerts of an account in the list of accounts, with a link to them. */
export function OpenAlertsOf({
  accountId,
  counts,
}: {
  readonly accountId: string;
  readonly counts: OpenCounts | undefined;
}): VNode {
  const { critical = 0, warning = 0, info = 0, acknowledged = 0 } = counts ?? {};
  if (counts === undefined) {
    return (
      <span class="note">
        <span aria-hidden="true">–</span>
        <span class="hidden">none</span>
      </span>
    );
  }
  return (
    <a class="counts" href={`/alerts?account=${accountId}`}>
      <Count count={critical} sign="◆" word="critical" tone="severity severity-critical" />
      <Count count={warning} sign="▲" word="warning" tone="severity severity-warning" />
      <Count count={info} sign="△" word="for information" tone="severity" />
      <Count count={acknowledged} sign="✓" word="acknowledged" tone="note" />
    </a>
  );
}

/** Renders a number with its sign; the word is read aloud, and shown on hover. */
const Count = ({
  count,
  sign,
  word,
  tone,
}: {
  readonly count: number;
  readonly sign: string;
  readonly word: string;
  readonly tone: string;
}): VNode | null =>
  count === 0 ? null : (
    <span class={tone} title={word}>
      {sign} {count}
      <span class="hidden"> {word} </span>
    </span>
  );

export type CardProps = {
  readonly alert: Alert;
  readonly now: number;
  readonly canOperate: boolean;
  /** True on the page of its account, which does not name the account again. */
  readonly isOnAccount?: boolean;
  /** True if everything is shown, also what a list folds. */
  readonly isWhole?: boolean;
};

/** Renders an alert in a list as one row that opens, or as a whole. */
export function AlertCard(props: CardProps): VNode {
  const { alert, now, isOnAccount = false, isWhole = false } = props;
  const { alertId, accountId, group, kind, openedAt, resolvedAt } = alert;
  const isOpen = resolvedAt === null;
  if (isWhole) {
    return (
      <>
        <p class="alert-head">
          <Head alert={alert} />
        </p>
        <More {...props} />
      </>
    );
  }
  return (
    <>
      <details id={`more-${alertId}`}>
        <summary title={`alert ${alertId}, ${kind}`}>
          <Head alert={alert} />
        </summary>
        <More {...props} />
      </details>
      {isOnAccount ? null : accountId === FLEET ? (
        'whole fleet'
      ) : (
        <Id id={accountId}>
          <a href={`/accounts/${accountId}`}>{accountId}</a>
        </Id>
      )}
      {isOnAccount || group === null ? null : <GroupLink group={group} />}
      <span class="note alert-since">
        <span class="hidden">opened </span>
        <Ago at={openedAt} now={now} />
      </span>
      {isOpen && props.canOperate ? <Actions alert={alert} isOnAccount={isOnAccount} /> : null}
    </>
  );
}

/** Renders the group of the account, which leads to all open alerts of the group. */
const GroupLink = ({ group }: { readonly group: string }): VNode => (
  <a class="note group" href={`/alerts?group=${group}`}>
    <span class="hidden">group </span>
    {group}
  </a>
);

/** Renders what the alert is, who works on it or how it ended, and the next step. */
function Head({ alert }: { readonly alert: Alert }): VNode {
  const { title, step } = ALERT_HELP[alert.kind];
  return (
    <>
      <SeverityWord severity={alert.severity} /> <strong>{title}</strong> <Trace alert={alert} />
      {alert.resolvedAt === null ? <span class="alert-step"> Next: {step}</span> : null}
    </>
  );
}

function More({ alert, now, isOnAccount = false, isWhole = false }: CardProps): VNode {
  const { found, endedBy, ifNoPersonActs } = ALERT_HELP[alert.kind];
  const { alertId, accountId, group, kind, openedAt, raisedAt, times, resolvedAt } = alert;
  return (
    <div class="alert-more">
      <p class="note">
        {isOnAccount || !isWhole || accountId === FLEET ? null : (
          <>
            <a href={`/accounts/${accountId}`}>{accountId}</a>
            {group === null ? null : ` of ${group}`},{' '}
          </>
        )}
        alert {alertId}, {kind}, opened <Ago at={openedAt} now={now} />
        {times > 1 ? (
          <>
            , raised {times} times, last <Ago at={raisedAt} now={now} />
          </>
        ) : null}
      </p>
      <p>{found}</p>
      {resolvedAt === null ? (
        <p>
          {ifNoPersonActs} {END_WORDS[endedBy]}
        </p>
      ) : null}
      <p>
        <a href={`${RUNBOOK_PATH}#${kind}`}>
          Runbook<span class="hidden"> about {kind}</span>
        </a>
      </p>
      <AlertDetails details={alert.details} />
    </div>
  );
}

/** Renders who works on the alert, and how it ended. */
function Trace({ alert }: { readonly alert: Alert }): VNode | null {
  const { acknowledged, closed, resolvedAt } = alert;
  if (acknowledged === null && resolvedAt === null) return null;
  return (
    <span class="note">
      {acknowledged === null ? null : <Act word="Acknowledged" act={acknowledged} />}
      {acknowledged !== null && resolvedAt !== null ? ' ' : null}
      {closed === null ? null : <Act word="Closed" act={closed} />}
      {closed === null && resolvedAt !== null ? (
        <>
          Ended with its cause, <When at={resolvedAt} show="full" />.
        </>
      ) : null}
    </span>
  );
}

const Act = ({ word, act }: { readonly word: string; readonly act: AlertAct }): VNode => (
  <>
    {word} by {act.actor}, <When at={act.at} show="full" />: {act.reason}
  </>
);

/** Renders the links to the pages that acknowledge and close. */
function Actions({
  alert,
  isOnAccount,
}: {
  readonly alert: Alert;
  readonly isOnAccount: boolean;
}): VNode {
  const { alertId, acknowledged, kind, isConnected } = alert;
  const link = (verb: 'acknowledge' | 'close', word: string): VNode => (
    <a class="button" href={`/alerts/${alertId}/do/${verb}${isOnAccount ? '?back=account' : ''}`}>
      {word}
      <span class="hidden"> alert {alertId}</span>
    </a>
  );
  return (
    <p class="actions">
      {acknowledged === null ? link('acknowledge', 'Acknowledge') : null}
      {mayClose(kind, isConnected) ? link('close', 'Close') : null}
    </p>
  );
}

/** Renders the sentences of an alert; for an alert without sentences, its details. */
function AlertDetails({ details }: { readonly details: object }): VNode | null {
  if ('sentences' in details && Array.isArray(details.sentences)) {
    return (
      <ul class="details">
        {details.sentences.map((text) => (
          <li key={String(text)}>
            <Dated text={String(text)} />
          </li>
        ))}
      </ul>
    );
  }
  const known = Object.entries(details).filter(([, value]) => value !== null);
  return known.length === 0 ? null : (
    <p class="note">
      {known.map(([name, value]) => `${wordsOf(name)}: ${textOf(value)}`).join('; ')}
    </p>
  );
}

/** `retryAfterSeconds` becomes `retry after seconds`. */
const wordsOf = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();

/** Returns a detail as text: lists with commas, and the parts of an object with their names. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${wordsOf(name)} ${textOf(one)}`)
    .join(', ');
}
