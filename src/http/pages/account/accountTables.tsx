/** The lists of an account's page: alerts for a person, open slots, waiting asks, and denials. */
import type { VNode } from 'preact';
import { BY_URGENCY } from '../../../domain/account/alertKinds.js';
import { AlertCard } from '../alerts/alertCard.js';
import { reasonWords } from '../../../domain/diagnostics/canSend/reasonWords.js';
import { startOf } from '../../../domain/primitives/time.js';
import type { WaitingAskWire } from '../../../domain/wire/decisions.js';
import type { Alert } from '../../../postgres/alerts/alerts.js';
import type { AccountData } from './accountData.js';
import { dateOf, many } from '../ui/format.js';
import { dayIn, instantIn } from '../ui/numbers.js';
import { Empty, Id, Left, Section, Table, When } from '../ui/parts.js';

export function OpenReservations({
  data,
  now,
  canOperate,
}: {
  readonly data: AccountData;
  readonly now: number;
  readonly canOperate: boolean;
}): VNode {
  const { open } = data;
  const { accountId } = data.numbers;
  return (
    <Section
      id="open"
      title={open.length === 0 ? 'Open reservations' : `Open reservations (${open.length})`}
    >
      {open.length === 0 ? (
        <Empty>None. Every slot has its outcome.</Empty>
      ) : (
        <Table
          caption="Open reservations"
          stacks={true}
          head={['Reservation', 'State', 'Quota day', 'Reserved', 'Lease', 'Next step']}
        >
          {open.map((slot) => (
            <Open
              key={slot.reservationId}
              slot={slot}
              reason={reasonOf(slot, data.rows.reservations)}
              accountId={accountId}
              now={now}
              canOperate={canOperate}
            />
          ))}
        </Table>
      )}
    </Section>
  );
}

type OpenSlot = AccountData['open'][number];

/** Returns the reason of the row, if the row has the same state as the status. */
const reasonOf = (
  { reservationId, state }: OpenSlot,
  rows: AccountData['rows']['reservations'],
): string | null =>
  rows.find((row) => row.reservationId === reservationId && row.state === state)?.reason ?? null;

function nextStepOf(state: OpenSlot['state'], isLeased: boolean): string {
  if (state === 'uncertain') return 'stays spent until a proof comes';
  return isLeased ? 'waits for its outcome' : 'the next reconcile settles it';
}

function Open({
  slot: { reservationId, state, quotaDay, reservedAt, leaseExpiresAt },
  reason,
  accountId,
  now,
  canOperate,
}: {
  readonly slot: OpenSlot;
  readonly reason: string | null;
  readonly accountId: string;
  readonly now: number;
  readonly canOperate: boolean;
}): VNode {
  const leaseEnd = instantIn(leaseExpiresAt);
  const isLeased = leaseEnd > now;
  return (
    <tr id={`reservation-${reservationId}`}>
      <th scope="row">
        <Id id={reservationId} />
      </th>
      <td>
        {state === 'in_flight' ? '→ in flight' : '? uncertain'}
        {reason === null ? null : <span class="note"> {reason.replaceAll('_', ' ')}</span>}
      </td>
      <td>{dateOf(startOf(dayIn(quotaDay)))}</td>
      <td>
        <When at={instantIn(reservedAt)} />
      </td>
      <td>
        {isLeased ? (
          <>
            <Left until={leaseEnd} now={now} /> left
          </>
        ) : (
          'ended'
        )}
      </td>
      <td>
        {canOperate && (state === 'uncertain' || !isLeased) ? (
          <a
            class="button"
            href={`/accounts/${accountId}/do/settle?reservationId=${encodeURIComponent(reservationId)}`}
          >
            Settle<span class="hidden"> {reservationId}</span>
          </a>
        ) : (
          <span class="note">{nextStepOf(state, isLeased)}</span>
        )}
      </td>
    </tr>
  );
}

/** Lists the first asks of the waiting line (R21), in the order of their turns. */
export function WaitingLine({
  data,
  canOperate,
}: {
  readonly data: AccountData;
  readonly canOperate: boolean;
}): VNode {
  const { waiting, line } = data;
  const { accountId } = data.numbers;
  const asks = line ?? [];
  return (
    <Section
      id="waiting"
      title={waiting === 0 ? 'Waiting line' : `Waiting line (${waiting})`}
      note="Each time is right if all asks before it get a slot and use it."
    >
      {waiting === 0 ? (
        <Empty>
          No ask waits. A reserve with <code>wait</code> waits here while the gate denies it for a
          time only.
        </Empty>
      ) : line === null ? (
        <Empty>The asks are not known now: the account does not answer.</Empty>
      ) : (
        <Table
          caption="Waiting line"
          stacks={true}
          head={[
            { figure: 'Place' },
            'Reservation',
            'Campaign',
            { figure: 'Priority' },
            'Asked',
            'Expected',
            'Waits until',
            'Reason',
            ...(canOperate ? [''] : []),
          ]}
        >
          {asks.map((ask) => (
            <Ask key={ask.reservationId} ask={ask} accountId={accountId} canOperate={canOperate} />
          ))}
        </Table>
      )}
      {line !== null && waiting > asks.length ? (
        <p class="note">{many(waiting - asks.length, 'later ask')} not shown.</p>
      ) : null}
    </Section>
  );
}

const Ask = ({
  ask: { reservationId, position, campaignId, priority, askedAt, expectedAt, validUntil, reason },
  accountId,
  canOperate,
}: {
  readonly ask: WaitingAskWire;
  readonly accountId: string;
  readonly canOperate: boolean;
}): VNode => (
  <tr id={`waiting-${reservationId}`}>
    <td class="figure">{position}</td>
    <th scope="row">
      <Id id={reservationId} />
    </th>
    <td>{campaignId ?? '–'}</td>
    <td class="figure">{priority}</td>
    <td>
      <When at={instantIn(askedAt)} />
    </td>
    <td>
      {expectedAt === null ? 'when a person acts' : <When at={instantIn(expectedAt)} show="full" />}
    </td>
    <td>
      <When at={instantIn(validUntil)} show="full" />
    </td>
    <td>{reasonWords(reason)}</td>
    {canOperate ? (
      <td>
        <a
          class="button"
          href={`/accounts/${accountId}/do/withdraw?reservationId=${encodeURIComponent(reservationId)}`}
        >
          Withdraw<span class="hidden"> {reservationId}</span>
        </a>
      </td>
    ) : null}
  </tr>
);

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
