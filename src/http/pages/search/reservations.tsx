/** *Reservations*: of a campaign or of an account, by state, in pages. */
import type { VNode } from 'preact';
import type { ReservationItem } from '../../../postgres/read/lists.js';
import { Page, type Frame } from '../ui/layout.js';
import { Empty, Table } from '../ui/parts.js';
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
};
type Row = ReservationItem & { readonly accountId: string };
type Props = {
  readonly frame: Frame;
  readonly wanted: Wanted;
  readonly rows: readonly Row[];
  /** The address of the next page. */
  readonly next: string | null;
  /** The address of the file with all rows; null without a filter. */
  readonly csv: string | null;
};

export const ReservationsPage = ({ frame, wanted, rows, next, csv }: Props): VNode => (
  <Page frame={frame} title="Reservations">
    <div class="head">
      <h1>Reservations</h1>
    </div>
    <form class="filter" method="get" action="/reservations">
      <label>
        Campaign
        <input type="text" name="campaignId" value={wanted.campaignId} maxLength={128} />
      </label>
      <label>
        Account
        <input type="text" name="accountId" value={wanted.accountId} maxLength={128} />
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
      <button type="submit">Show</button>
    </form>
    {csv === null ? (
      <Empty>Type a campaign or an account.</Empty>
    ) : rows.length === 0 ? (
      <Empty>No reservation matches.</Empty>
    ) : (
      <>
        <p>
          <a href={csv} download>
            Download CSV
          </a>{' '}
          <span class="note">all that match, the latest first</span>
        </p>
        <Table caption="Reservations" head={RESERVATION_HEAD}>
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
    )}
  </Page>
);
