/** The words of reservations in search results and lists. */
import { reasonWords } from '../../../domain/diagnostics/canSend/reasonWords.js';
import type { VNode } from 'preact';
import type { ReservationItem } from '../../../postgres/read/lists.js';
import { When } from '../ui/parts.js';

type State = 'delivered' | 'released' | 'uncertain' | 'in_flight';
/** Did this InMail go out? */
export const RESERVATION_WORDS: Readonly<
  Record<State, { readonly sign: string; readonly word: string; readonly answer: string }>
> = {
  delivered: { sign: '✓', word: 'delivered', answer: 'It went out.' },
  released: { sign: '↩', word: 'released', answer: 'It did not go out.' },
  uncertain: { sign: '?', word: 'uncertain', answer: 'It may have gone out.' },
  in_flight: { sign: '→', word: 'in flight', answer: 'No report yet.' },
};
export const RESERVATION_STATES: readonly State[] = [
  'delivered',
  'in_flight',
  'uncertain',
  'released',
];
/** The reservation passed the comparison of recipients by (R20). */
export const AGAIN = 'The recipient was contacted again, on purpose.';
/** A grant of shadow mode that the gate would have denied (R23). */
export const wouldDenyWords = (reason: string): string =>
  `Granted in shadow mode; would be denied: ${reasonWords(reason)}.`;
const isState = (text: string): text is State => Object.hasOwn(RESERVATION_WORDS, text);

export const ReservationState = ({
  one,
}: {
  readonly one: Pick<ReservationItem, 'state' | 'reason' | 'again' | 'wouldDeny'>;
}): VNode => {
  if (!isState(one.state)) return <>{one.state}</>;
  const { sign, word, answer } = RESERVATION_WORDS[one.state];
  return (
    <>
      <span aria-hidden="true">{sign}</span> {word}
      <span class="note">
        {answer}
        {one.reason === null ? '' : ` ${one.reason.replaceAll('_', ' ')}`}
        {one.again ? ` ${AGAIN}` : ''}
        {one.wouldDeny === null ? '' : ` ${wouldDenyWords(one.wouldDeny)}`}
      </span>
    </>
  );
};

/** Renders an instant of a row; nothing if there is none. */
export const At = ({ at }: { readonly at: string | null }): VNode =>
  at === null ? <>–</> : <When at={Date.parse(at)} show="full" />;

export const Account = ({ id }: { readonly id: string }): VNode => (
  <a href={`/accounts/${id}`}>{id}</a>
);

/** The head of a table of reservations. */
export const RESERVATION_HEAD = [
  'Reservation',
  'Account',
  'State',
  'Reserved',
  'Settled',
  'Chat',
  'Recipient',
  'Campaign',
] as const;

export const ReservationRow = ({
  one,
  id,
}: {
  readonly one: ReservationItem & { readonly accountId: string };
  readonly id: string;
}): VNode => (
  <tr id={`${id}-${one.accountId}-${one.reservationId}`}>
    <th scope="row">{one.reservationId}</th>
    <td>
      <Account id={one.accountId} />
    </td>
    <td>
      <ReservationState one={one} />
    </td>
    <td data-label="Reserved">
      <At at={one.reservedAt} />
    </td>
    <td data-label="Settled">
      <At at={one.settledAt} />
    </td>
    <td data-label="Chat">{one.chatId ?? '–'}</td>
    <td data-label="Recipient">{one.recipientId ?? '–'}</td>
    <td data-label="Campaign">
      {one.campaignId === null ? (
        '–'
      ) : (
        <a href={`/reservations?campaignId=${encodeURIComponent(one.campaignId)}`}>
          {one.campaignId}
        </a>
      )}
    </td>
  </tr>
);
