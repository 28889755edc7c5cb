/** *Alerts*: open and resolved alerts, the most urgent first, each with its next step. */
import type { VNode } from 'preact';
import { ALERT_KINDS, BY_URGENCY } from '../../../domain/account/alertKinds.js';
import { ALERT_HELP, SEVERITY_WORDS } from '../../../domain/diagnostics/alerts/alertHelp.js';
import type { Alert, OpenCounts } from '../../../postgres/alerts/alerts.js';
import type { GroupCount } from '../../../postgres/groups/members.js';
import { GroupChoice } from '../groups/groupChoice.js';
import { ListEnd } from '../groups/listEnd.js';
import { many } from '../ui/format.js';
import { Page, type Frame } from '../ui/layout.js';
import { Empty } from '../ui/parts.js';
import { AlertCard, SeverityWord } from './alertCard.js';
import { csvAddressOf, filtersOf, type AlertsAsk, type Choice } from './alertsView.js';

type Props = {
  readonly frame: Frame;
  readonly ask: AlertsAsk;
  readonly alerts: readonly Alert[];
  /** The open alerts of all accounts that the key may see. */
  readonly counts: OpenCounts;
  readonly groups: readonly GroupCount[];
  /** The address of the next page; null on the last one. */
  readonly next: string | null;
};

export function AlertsPage({ frame, ask, alerts, counts, groups, next }: Props): VNode {
  const canOperate = frame.caller?.role === 'operator';
  const isFiltered = Object.keys(filtersOf(ask)).length > 0;
  return (
    <Page frame={frame} title="Alerts" here="alerts" stream="/v1/stream">
      <div class="head bar-of-list">
        <h1>Alerts</h1>
        <Filter ask={ask} groups={groups} />
        <p id="alert-counts">{countsInWords(counts)}</p>
      </div>
      {alerts.length === 0 ? (
        <Empty>
          {isFiltered ? (
            <>
              No alert matches. <a href="/alerts">Show all open alerts</a>
            </>
          ) : (
            'No open alert. No person has to act.'
          )}
        </Empty>
      ) : (
        <div class="card">
          <ul class="plain alerts" aria-label="Alerts">
            {alerts.map((alert) => (
              <li key={alert.alertId} id={`alert-${alert.alertId}`}>
                <AlertCard alert={alert} now={frame.now} canOperate={canOperate} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <ListEnd
        shown={many(alerts.length, 'alert')}
        csv={alerts.length === 0 ? null : csvAddressOf(ask)}
        first={
          ask.cursor === null ? null : `/alerts?${new URLSearchParams(filtersOf(ask)).toString()}`
        }
        next={next}
      />
      <p class="note">
        {BY_URGENCY.map((severity) => (
          <span key={severity} class="meaning">
            <SeverityWord severity={severity} />: {SEVERITY_WORDS[severity]}{' '}
          </span>
        ))}
      </p>
    </Page>
  );
}

/** `1 critical, 2 warnings and 3 infos are open; a person works on 1 more.` */
export function countsInWords({ critical, warning, info, acknowledged }: OpenCounts): string {
  const parts = [
    critical > 0 ? `${critical} critical` : '',
    warning > 0 ? many(warning, 'warning') : '',
    info > 0 ? `${info} for information` : '',
  ].filter(Boolean);
  const open = parts.length === 0 ? 'No alert is open' : `Open: ${parts.join(', ')}`;
  return acknowledged === 0 ? `${open}.` : `${open}. A person works on ${acknowledged} more.`;
}

const STATE_CHOICES: Readonly<Record<Choice, string>> = {
  unresolved: 'not resolved',
  open: 'open, no person works on it',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
  all: 'all',
};

/** Each change applies at once; without a script, the button applies it. */
const Filter = ({ ask, groups }: Pick<Props, 'ask' | 'groups'>): VNode => (
  <form class="filter" method="get" action="/alerts" role="search" data-apply="now">
    <label>
      State
      <select name="state">
        {Object.entries(STATE_CHOICES).map(([choice, word]) => (
          <option
            key={choice}
            value={choice === 'unresolved' ? '' : choice}
            selected={choice === ask.choice}
          >
            {word}
          </option>
        ))}
      </select>
    </label>
    <label>
      Severity
      <select name="severity">
        <option value="">all</option>
        {BY_URGENCY.map((one) => (
          <option key={one} value={one} selected={one === ask.severity}>
            {one}
          </option>
        ))}
      </select>
    </label>
    <label>
      Kind
      <select name="kind">
        <option value="">all</option>
        {ALERT_KINDS.map((one) => (
          <option key={one} value={one} selected={one === ask.kind} title={ALERT_HELP[one].title}>
            {one}
          </option>
        ))}
      </select>
    </label>
    <label>
      Account
      <input
        type="search"
        name="account"
        value={ask.account ?? ''}
        maxLength={128}
        placeholder="whole account id"
      />
    </label>
    <GroupChoice group={ask.group} groups={groups} />
    <noscript>
      <button type="submit">Show</button>
    </noscript>
  </form>
);
