/** *Search*: what begins with a text, by kind. */
import type { ComponentChildren, VNode } from 'preact';
import { isNothing, type Found, type Part } from '../../../postgres/read/searching.js';
import type { GroupCount, GroupFilter } from '../../../postgres/groups/members.js';
import type { FoundCampaign } from '../../../postgres/read/campaigns.js';
import type { FoundChat, FoundReservation } from '../../../postgres/read/search.js';
import type { StatusRow } from '../../../postgres/read/reads.js';
import { campaignAddress } from '../../routes/search.js';
import { campaignPage } from '../campaigns/addresses.js';
import { GroupChoice } from '../groups/groupChoice.js';
import { many, whole } from '../ui/format.js';
import { Page, type Frame } from '../ui/layout.js';
import { numbersOfRow } from '../ui/numbers.js';
import { Section, State, StateEnd, Table, When, type Column } from '../ui/parts.js';
import { Account, At, RESERVATION_HEAD, ReservationRow } from './words.js';

type Props = {
  readonly frame: Frame;
  readonly text: string;
  readonly group: GroupFilter;
  readonly groups: readonly GroupCount[];
  /** Null: nothing was searched, or the text was refused. */
  readonly found: Found | null;
  readonly failure: string | null;
};

export const SearchPage = ({ frame, text, group, groups, found, failure }: Props): VNode => (
  <Page frame={frame} title="Search" searched={text}>
    <div class="head">
      <h1>Search</h1>
      <p class="note">
        Type the beginning of an id of an account, a reservation, a campaign, a chat or a message,
        or the whole id of a member, in any spelling. Upper and lower case differ, except in ids of
        accounts and members. As of <When at={frame.now} show="full" />.
      </p>
      {groups.length === 0 || text === '' ? null : (
        <form class="filter" method="get" action="/search" data-apply="now">
          <input type="hidden" name="q" value={text} />
          <GroupChoice group={group} groups={groups} />
          <noscript>
            <button type="submit">Show</button>
          </noscript>
        </form>
      )}
      {failure === null ? null : (
        <p class="banner banner-error" role="alert" id="refusal">
          {failure}
        </p>
      )}
    </div>
    {found === null ? null : isNothing(found) ? (
      <p class="empty" id="nothing">
        Nothing begins with “{text}”{group === null ? '' : ' in these accounts'}.
      </p>
    ) : (
      <Results found={found} now={frame.now} />
    )}
  </Page>
);

const Results = ({ found, now }: { readonly found: Found; readonly now: number }): VNode => (
  <>
    <Accounts part={found.accounts} now={now} />
    <Campaigns part={found.campaigns} />
    <Reservations id="reservations" title="Reservations" part={found.reservations} />
    <Reservations id="recipients" title="Sent to this member" part={found.recipients} />
    <Chats part={found.chats} />
  </>
);

/** Renders the results of one kind; nothing if there are none. */
function Kind({
  id,
  title,
  part,
  head,
  order = 'first',
  children,
}: {
  readonly id: string;
  readonly title: string;
  readonly part: Part<unknown>;
  readonly head: readonly Column[];
  readonly order?: 'first' | 'latest';
  readonly children: ComponentChildren;
}): VNode | null {
  const { items, isCut } = part;
  if (items.length === 0) return null;
  return (
    <Section id={id} title={title}>
      <Table caption={`${title} found`} head={head} stacks={true}>
        {children}
      </Table>
      {isCut ? (
        <p class="note cut">
          These are only the {order} {items.length}. There are more.
          {order === 'first' ? ' Type more of the id to find others.' : ''}
        </p>
      ) : null}
    </Section>
  );
}

const Accounts = ({
  part,
  now,
}: {
  readonly part: Part<StatusRow>;
  readonly now: number;
}): VNode => (
  <Kind
    id="accounts"
    title="Accounts"
    part={part}
    head={['Account', 'State', { figure: 'Counter' }, { figure: 'Left today' }]}
  >
    {part.items.map((row) => {
      const numbers = numbersOfRow(row, now);
      return (
        <tr key={row.accountId} id={`account-${row.accountId}`}>
          <th scope="row">
            <Account id={row.accountId} />
          </th>
          <td>
            <State state={row.state} /> <StateEnd numbers={numbers} now={now} />
          </td>
          <td class="number" data-label="Counter">
            <strong>{row.counter}</strong> of {numbers.caps.effective}
          </td>
          <td class="number" data-label="Left today">
            {row.remaining}
          </td>
        </tr>
      );
    })}
  </Kind>
);

const COUNTS: readonly (readonly [word: string, of: (one: FoundCampaign) => number])[] = [
  ['Delivered', ({ states }) => states.delivered],
  ['In flight', ({ states }) => states.in_flight],
  ['Uncertain', ({ states }) => states.uncertain],
  ['Released', ({ states }) => states.released],
  ['Accounts', ({ accounts }) => accounts],
];

const Campaigns = ({ part }: { readonly part: Part<FoundCampaign> }): VNode => (
  <Kind
    id="campaigns"
    title="Campaigns"
    part={part}
    head={['Campaign', 'Reservations', ...COUNTS.map(([figure]) => ({ figure })), 'Last reserved']}
  >
    {part.items.map((one) => (
      <tr key={one.campaignId} id={`campaign-${one.campaignId}`}>
        <th scope="row">
          <a href={campaignPage(one.campaignId)}>{one.campaignId}</a>
        </th>
        <td>
          <a href={campaignAddress(one.campaignId)}>
            {one.isCut ? 'Show all' : `Show ${many(one.reservations, 'reservation')}`}
          </a>{' '}
          <a href={`/v1${campaignAddress(one.campaignId)}&format=csv`} download>
            Download CSV
          </a>
          {one.isCut ? (
            <span class="note">
              The numbers are of the latest {whole(one.reservations)} reservations. There are more.
            </span>
          ) : null}
        </td>
        {COUNTS.map(([word, of]) => (
          <td key={word} class="number" data-label={word}>
            {whole(of(one))}
          </td>
        ))}
        <td data-label="Last reserved">
          <At at={one.lastReservedAt} />
        </td>
      </tr>
    ))}
  </Kind>
);

const Reservations = ({
  id,
  title,
  part,
}: {
  readonly id: 'reservations' | 'recipients';
  readonly title: string;
  readonly part: Part<FoundReservation>;
}): VNode => (
  <Kind
    id={id}
    title={title}
    part={part}
    head={RESERVATION_HEAD}
    order={id === 'recipients' ? 'latest' : 'first'}
  >
    {part.items.map((one) => (
      <ReservationRow key={`${one.accountId} ${one.reservationId}`} id={id} one={one} />
    ))}
  </Kind>
);

const SOURCE_WORDS: Readonly<Record<string, string>> = {
  pipeline: 'reported by the pipeline',
  external: 'sent manually',
  journal: 'found in the journal',
  operator: 'settled by an operator',
};

const Chats = ({ part }: { readonly part: Part<FoundChat> }): VNode => (
  <Kind
    id="chats"
    title="Delivered InMails, by chat or message"
    part={part}
    head={['Chat', 'Message', 'Account', 'Reservation', 'Delivered', 'Source']}
  >
    {part.items.map((one) => (
      <tr key={one.eventId} id={`event-${one.eventId}`}>
        <th scope="row">{one.chatId}</th>
        <td data-label="Message">{one.messageId ?? '–'}</td>
        <td>
          <Account id={one.accountId} />
        </td>
        <td data-label="Reservation">
          {one.reservationId === null ? (
            '–'
          ) : (
            <a href={`/search?q=${encodeURIComponent(one.reservationId)}`}>{one.reservationId}</a>
          )}
        </td>
        <td data-label="Delivered">
          <At at={one.deliveredAt} />
        </td>
        <td>{SOURCE_WORDS[one.source] ?? one.source}</td>
      </tr>
    ))}
  </Kind>
);
