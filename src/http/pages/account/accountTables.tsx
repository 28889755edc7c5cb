/** The lists of an account's page: open slots, alerts for a person, and changes. */
import type { VNode } from 'preact';
import { BY_URGENCY } from '../../../domain/account/alertKinds.js';
import { AlertCard } from '../alerts/alertCard.js';
import { reasonWords } from '../../../domain/diagnostics/canSend/reasonWords.js';
import { startOf } from '../../../domain/primitives/time.js';
import type { Alert } from '../../../postgres/alerts/alerts.js';
import type { WrittenChange } from '../../../postgres/read/reads.js';
import type { AccountData } from './accountData.js';
import { changeInWords } from './dayStory.js';
import { dateOf } from '../ui/format.js';
import { Empty, Left, Section, Table, When } from '../ui/parts.js';
import { CHANGE_WORDS } from '../ui/words.js';

export function OpenReservations({
  data,
  now,
  canOperate,
}: {
  readonly data: AccountData;
  readonly now: number;
  readonly canOperate: boolean;
}): VNode {
  const open = data.rows.reservations.filter(
    ({ state }) => state === 'in_flight' || state === 'uncertain',
  );
  const { accountId } = data.numbers;
  return (
    <Section id="open" title="Open reservations">
      {open.length === 0 ? (
        <Empty>None. Every slot has its outcome.</Empty>
      ) : (
        <Table
          caption="Open reservations"
          head={['Reservation', 'State', 'Quota day', 'Reserved', 'Lease', 'Next step']}
        >
          {open.map(({ reservationId, state, day, reservedAt, leaseExpiresAt, reason }) => (
            <tr key={reservationId} id={`reservation-${reservationId}`}>
              <th scope="row">{reservationId}</th>
              <td>
                {state === 'in_flight' ? '→ in flight' : '? uncertain'}
                {reason === null ? null : <span class="note">{reason.replaceAll('_', ' ')}</span>}
              </td>
              <td>{dateOf(startOf(day))}</td>
              <td>
                <When at={reservedAt} />
              </td>
              <td>
                {leaseExpiresAt > now ? (
                  <>
                    <Left until={leaseExpiresAt} now={now} /> left
                  </>
                ) : (
                  'ended'
                )}
              </td>
              <td>
                {canOperate && (state === 'uncertain' || leaseExpiresAt <= now) ? (
                  <a
                    class="button"
                    href={`/accounts/${accountId}/do/settle?reservationId=${encodeURIComponent(reservationId)}`}
                  >
                    Settle<span class="hidden"> {reservationId}</span>
                  </a>
                ) : (
                  <span class="note">
                    {leaseExpiresAt > now
                      ? 'waits for its outcome'
                      : 'stays spent until a proof comes'}
                  </span>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

/** Renders what a person has to do, before the numbers; nothing if there is no open alert. */
export function Alerts({
  alerts,
  accountId,
  now,
  canOperate,
}: {
  readonly alerts: readonly Alert[];
  readonly accountId: string;
  readonly now: number;
  readonly canOperate: boolean;
}): VNode {
  const open = alerts.filter(({ resolvedAt }) => resolvedAt === null).toSorted(byUrgency);
  return (
    <Section id="alerts" title={open.length === 0 ? 'Alerts' : `Alerts (${open.length})`}>
      {open.length === 0 ? (
        <p class="empty">
          No open alert. <a href={`/alerts?account=${accountId}&state=resolved`}>Resolved alerts</a>
        </p>
      ) : (
        <>
          <ul class="plain alerts">
            {open.map((alert) => (
              <li key={alert.alertId} id={`alert-${alert.alertId}`}>
                <AlertCard alert={alert} now={now} canOperate={canOperate} isOnAccount={true} />
              </li>
            ))}
          </ul>
          <p class="note">
            <a href={`/alerts?account=${accountId}&state=all`}>All alerts of this account</a>
          </p>
        </>
      )}
    </Section>
  );
}

const byUrgency = (a: Alert, b: Alert): number =>
  BY_URGENCY.indexOf(a.severity) - BY_URGENCY.indexOf(b.severity) || b.openedAt - a.openedAt;

export function Changes({ changes }: { readonly changes: readonly WrittenChange[] }): VNode {
  return (
    <Section id="changes" title="Changes">
      {changes.length === 0 ? (
        <Empty>None yet.</Empty>
      ) : (
        <Table caption="Who changed what" head={['When', 'What', 'Who', 'Why']}>
          {changes.map((change) => (
            <tr key={change.number} id={`changed-${change.number}`}>
              <td>
                <When at={change.at} show="full" />
              </td>
              <th scope="row">{CHANGE_WORDS[change.kind] ?? change.kind}</th>
              <td>{change.actor}</td>
              <td class="wide">{changeInWords(change)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

/** Lists the denials of the day by reason, the most frequent first. */
export function Denials({ denials }: { readonly denials: AccountData['denials'] }): VNode | null {
  if (denials === null) return null;
  const counts = Object.entries(denials).toSorted(([, a], [, b]) => b - a);
  return counts.length === 0 ? null : (
    <Section
      id="denials"
      title="Denials today, by reason"
      note="Each request for a slot that was denied. Callers that wait until retryAt ask less often."
    >
      <ul class="plain">
        {counts.map(([reason, count]) => (
          <li key={reason}>
            <strong>{count.toLocaleString('en')}</strong> {reasonWords(reason)}
          </li>
        ))}
      </ul>
    </Section>
  );
}
