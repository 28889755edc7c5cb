/** The lists of an account's page: open slots, alerts for a person, and changes. */
import type { VNode } from 'preact';
import { ALERT_HELP, wordsOfAlert } from '../../../domain/diagnostics/alerts/alertHelp.js';
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

const SIGNS = { info: 'ⓘ info', warning: '▲ warning', critical: '◆ critical' } as const;

export function Alerts({ alerts }: { readonly alerts: readonly Alert[] }): VNode {
  return (
    <Section id="alerts" title="Alerts">
      {alerts.length === 0 ? (
        <Empty>None. No person has to act.</Empty>
      ) : (
        <ul class="plain">
          {alerts.map(({ kind, severity, day, raisedAt, times, details }) => (
            <li key={`${kind}-${day}`} id={`alert-${kind}-${day}`}>
              <span class={`severity severity-${severity}`}>{SIGNS[severity]}</span>{' '}
              <strong>{ALERT_HELP[kind].title}</strong>{' '}
              <span class="note">
                {kind}, <When at={raisedAt} show="full" />
                {times > 1 ? `, ${times} times` : ''}
              </span>
              <p>{wordsOfAlert(kind)}</p>
              <Details details={details} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** Renders the sentences of an alert; for an alert without sentences, its details. */
function Details({ details }: { readonly details: object }): VNode | null {
  if ('sentences' in details && Array.isArray(details.sentences)) {
    return (
      <ul class="details">
        {details.sentences.map((text) => (
          <li key={String(text)}>{String(text)}</li>
        ))}
      </ul>
    );
  }
  const known = Object.entries(details).filter(([, value]) => value !== null);
  if (known.length === 0) return null;
  return (
    <p class="note">
      {known
        .map(
          ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
        )
        .join(', ')}
    </p>
  );
}

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
