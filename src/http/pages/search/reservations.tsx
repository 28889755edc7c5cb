/** *Reservations*: of a campaign or of an account, by state, in pages. Filters apply at once. */
import type { VNode } from 'preact';
import type { GroupCount } from '../../../postgres/groups/members.js';
import type { ReservationItem } from '../../../postgres/read/lists.js';
import { GroupChoice } from '../groups/groupChoice.js';
import { Page, type Frame } from '../ui/layout.js';
import { Empty, Table, When } from '../ui/parts.js';
import { Beginnings, type Begun } from './begun.js';
import {
  RESERVATION_HEAD,
  RESERVATION_STATES,
  RESERVATION_WORDS,
  ReservationRow,
} from './words.js';

/** The filter of the page; an empty text is no filter. */
export type Wanted = {
  readonly campaignId: string;
  readonly accountId: string;
  readonly state: string;
  /** Of a campaign: only accounts of this group. */
  readonly group: string;
};
type Row = ReservationItem & { readonly accountId: string };
export type Listed = {
  readonly rows: readonly Row[];
  /** The address of the next page. */
  readonly next: string | null;
  /** What a half-typed id may become; null if all ids are known. */
  readonly begun: Begun | null;
};
type Props = Listed & {
  readonly frame: Frame;
  readonly wanted: Wanted;
  readonly groups: readonly GroupCount[];
  /** The address of the file with all rows; null without a filter. */
  readonly csv: string | null;
  /** Why the filter cannot be read; null if it can. */
  readonly failure: string | null;
};

export const ReservationsPage = (props: Props): VNode => {
  const { frame, wanted, groups } = props;
  return (
    <Page frame={frame} title="Reservations">
      <div class="head">
        <h1>Reservations</h1>
        <p class="note">
          As of <When at={frame.now} show="full" />. Load the page again for newer rows.
        </p>
      </div>
      <form class="filter" method="get" action="/reservations" role="search" data-apply="now">
        <label>
          Campaign
          <input type="search" name="campaignId" value={wanted.campaignId} maxLength={128} />
        </label>
        <label>
          Account
          <input type="search" name="accountId" value={wanted.accountId} maxLength={128} />
        </label>
        <label>
          State
          <select name="state">
            <option value="">all</option>
            {RESERVATION_STATES.map((state) => (
              <option key={state} value={state} selected={state === wanted.state}>
                {RESERVATION_WORDS[state].word}
              </option>
            ))}
          </select>
        </label>
        <GroupChoice group={wanted.group || null} groups={groups} />
        <button type="submit">Show</button>
      </form>
      <Result {...props} />
    </Page>
  );
};

function Result({ wanted, rows, next, csv, begun, failure }: Props): VNode {
  if (failure !== null) {
    return (
      <p class="banner banner-error" role="alert" id="refusal">
        {failure}
      </p>
    );
  }
  if (csv === null) return <Empty>Type a campaign or an account.</Empty>;
  if (begun !== null) return <Beginnings begun={begun} path="/reservations" query={wanted} />;
  if (rows.length === 0) return <Empty>No reservation matches.</Empty>;
  return (
    <>
      <p>
        <a href={csv} download>
          Download CSV
        </a>{' '}
        <span class="note">all that match, the latest first</span>
      </p>
      <Table caption="Reservations" head={RESERVATION_HEAD} stacks={true}>
        {rows.map((one) => (
          <ReservationRow key={`${one.accountId} ${one.reservationId}`} id="row" one={one} />
        ))}
      </Table>
      {next === null ? null : (
        <p class="pager">
          <a href={next} rel="next">
            Next {rows.length}
          </a>
        </p>
      )}
    </>
  );
}
