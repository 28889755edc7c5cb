/** *Waiting*: the asks that wait in the lines of accounts, of a group or of all (R21, R26). */
import type { VNode } from 'preact';
import { reasonWords } from '../../../domain/diagnostics/canSend/reasonWords.js';
import { parseInstant } from '../../../domain/primitives/time.js';
import type { GroupCount, GroupFilter } from '../../../postgres/groups/members.js';
import type { WaitingItem } from '../../../postgres/read/waiting.js';
import { many } from '../ui/format.js';
import { CRUMBS, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Ago, Empty, Id, Table, When } from '../ui/parts.js';
import { GroupForm } from './groupChoice.js';
import { ListEnd } from './listEnd.js';

type Props = {
  readonly frame: Frame;
  readonly asks: readonly WaitingItem[];
  readonly group: GroupFilter;
  readonly groups: readonly GroupCount[];
  /** The address of the next page; null on the last one. */
  readonly next: string | null;
  readonly isFirst: boolean;
};

const HEAD = [
  'Account',
  'Reservation',
  'Campaign',
  { figure: 'Priority' },
  'Asked',
  'Waits until',
  'Reason',
];
const msOf = (text: string): number => parseInstant(text) ?? 0;

export function WaitingPage({ frame, asks, group, groups, next, isFirst }: Props): VNode {
  const of = group === null ? '' : `group=${group}`;
  return (
    <Page frame={frame} title="Waiting asks" here="fleet">
      <Head way={[CRUMBS.fleet]} title="Waiting asks">
        <p class="note">
          By account, the oldest first, as of the last save of each account. The page of an account
          has the order in which it serves its line, and when each turn is expected.
        </p>
        <GroupForm action="/waiting" group={group} groups={groups} />
      </Head>
      {asks.length === 0 ? (
        <Empty>{isFirst ? 'No ask waits in these accounts.' : 'No ask follows.'}</Empty>
      ) : (
        <>
          <Table caption="Waiting asks" head={HEAD} stacks={true}>
            {asks.map((ask) => (
              <Row key={`${ask.accountId} ${ask.reservationId}`} ask={ask} now={frame.now} />
            ))}
          </Table>
          <ListEnd
            shown={many(asks.length, 'ask')}
            csv={`/v1/waiting?format=csv${of === '' ? '' : `&${of}`}`}
            first={isFirst ? null : `/waiting${of === '' ? '' : `?${of}`}`}
            next={next}
          />
        </>
      )}
    </Page>
  );
}

const Row = ({ ask, now }: { readonly ask: WaitingItem; readonly now: number }): VNode => (
  <tr>
    <th scope="row">
      <a href={`/accounts/${ask.accountId}`}>{ask.accountId}</a>
      {ask.group === null ? null : <span class="note"> {ask.group}</span>}
    </th>
    <td data-label="Reservation">
      <Id id={ask.reservationId} />
    </td>
    <td data-label="Campaign">{ask.campaignId ?? '–'}</td>
    <td class="number" data-label="Priority">
      {ask.priority}
    </td>
    <td data-label="Asked">
      <Ago at={msOf(ask.askedAt)} now={now} />
    </td>
    <td data-label="Waits until">
      <When at={msOf(ask.validUntil)} show="full" />
    </td>
    <td data-label="Reason">{reasonWords(ask.reason)}</td>
  </tr>
);
