/** The tab *Reservations*: those of the quota day, and open ones of earlier days. */
import type { VNode } from 'preact';
import { startOf } from '../../../domain/primitives/time.js';
import type { AccountData } from './accountData.js';
import { dateOf, many } from '../ui/format.js';
import { AGAIN, RESERVATION_WORDS, wouldDenyWords } from '../search/words.js';
import { campaignPage } from '../campaigns/addresses.js';
import { Empty, Id, Section, Table, When } from '../ui/parts.js';

const SHOWN = 200;

export function Reservations({ data }: { readonly data: AccountData }): VNode {
  const { reservations } = data.rows;
  const more = reservations.length - SHOWN;
  return (
    <Section id="reservations" title={`Reservations of ${dateOf(startOf(data.numbers.day))}`}>
      {reservations.length === 0 ? (
        <Empty>None yet today.</Empty>
      ) : (
        <Table
          caption="Reservations"
          stacks={true}
          head={['Reservation', 'State', 'Reserved', 'Settled', 'Chat', 'Campaign']}
        >
          {reservations.slice(0, SHOWN).map((one) => (
            <tr key={one.reservationId} id={`today-${one.reservationId}`}>
              <th scope="row">
                <Id id={one.reservationId} />
              </th>
              <td>
                {RESERVATION_WORDS[one.state].sign} {RESERVATION_WORDS[one.state].word}
                {one.reason === null ? null : (
                  <span class="note"> {one.reason.replaceAll('_', ' ')}</span>
                )}
                {one.again ? <span class="note"> {AGAIN}</span> : null}
                {one.wouldDeny === null ? null : (
                  <span class="note"> {wouldDenyWords(one.wouldDeny)}</span>
                )}
              </td>
              <td>
                <When at={one.reservedAt} />
              </td>
              <td>{one.settledAt === null ? '–' : <When at={one.settledAt} />}</td>
              <td>{one.chatId === null ? '–' : <Id id={one.chatId} />}</td>
              <td>
                {one.campaignId === null ? (
                  '–'
                ) : (
                  <a href={campaignPage(one.campaignId, data.numbers.accountId)}>
                    {one.campaignId}
                  </a>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {more > 0 ? <p class="note">{many(more, 'earlier reservation')} not shown.</p> : null}
    </Section>
  );
}
