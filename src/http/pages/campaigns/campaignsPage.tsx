/** *Campaigns*: what they asked and sent, as a chart by day and a table by campaign (R22). */
import type { VNode } from 'preact';
import {
  sumOfCampaigns,
  type CampaignCounts,
  type CampaignDay,
} from '../../../domain/diagnostics/campaignDay.js';
import { reasonWords } from '../../../domain/diagnostics/canSend/reasonWords.js';
import { isoDay, parseDay, startOf } from '../../../domain/primitives/time.js';
import type { DayRange } from '../../../domain/diagnostics/dayRange.js';
import { campaignAddress } from '../../routes/search.js';
import type { GroupCount } from '../../../postgres/groups/members.js';
import { GroupChoice } from '../groups/groupChoice.js';
import { ListEnd } from '../groups/listEnd.js';
import { Beginnings, type Begun } from '../search/begun.js';
import { dateOf, many, whole } from '../ui/format.js';
import { Crumbs, CRUMBS } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Empty, Id, Section, Table, When } from '../ui/parts.js';
import { addressOf } from './addresses.js';
import { CampaignChart, ChartLegend, middleOf } from './campaignChart.js';

/** The filter of the page; an empty text is no filter. */
export type Wanted = {
  /** One campaign; then `prefix` is empty. */
  readonly campaignId: string;
  readonly prefix: string;
  readonly accountId: string;
  readonly group: string;
  readonly from: string;
  readonly to: string;
};
export type CampaignOfPage = {
  readonly campaignId: string;
  readonly days: readonly CampaignDay[];
};
type Props = {
  readonly frame: Frame;
  readonly groups: readonly GroupCount[];
  readonly wanted: Wanted;
  /** The days that are shown; null if the filter cannot be read. */
  readonly days: DayRange | null;
  readonly campaigns: readonly CampaignOfPage[];
  /** The address of the next page; null on the last one. */
  readonly next: string | null;
  /** What a half-typed account may become; null if it is known. */
  readonly begun: Begun | null;
  /** Why the filter cannot be read; null if it can. */
  readonly failure: string | null;
};

export const CampaignsPage = (props: Props): VNode => {
  const { frame, wanted } = props;
  const { campaignId } = wanted;
  return (
    <Page
      frame={frame}
      title={campaignId === '' ? 'Campaigns' : `Campaign ${campaignId}`}
      here="campaigns"
    >
      <div class="head">
        {campaignId === '' ? null : <Crumbs way={[CRUMBS.campaigns]} />}
        <h1>{campaignId === '' ? 'Campaigns' : <Id id={campaignId} />}</h1>
        <p class="note">
          As of <When at={frame.now} show="full" />. Load the page again for newer numbers. Denials
          of today appear with the next save of their account.
        </p>
      </div>
      <Filter {...props} />
      <Result {...props} />
    </Page>
  );
};

const Filter = ({ wanted, groups, days }: Props): VNode => {
  const { campaignId, prefix, accountId } = wanted;
  const date = (label: string, name: 'from' | 'to'): VNode => {
    // A browser complains about a date that it cannot show.
    const day = days?.[name] ?? parseDay(wanted[name]);
    return (
      <label>
        {label}
        <input type="date" name={name} value={day === undefined ? '' : isoDay(day)} />
      </label>
    );
  };
  return (
    <form class="filter" method="get" action="/campaigns" role="search" data-apply="now">
      {campaignId === '' ? (
        <label>
          Campaign begins with
          <input type="search" name="prefix" value={prefix} maxLength={128} />
        </label>
      ) : (
        <input type="hidden" name="campaignId" value={campaignId} />
      )}
      <label>
        Account
        <input type="search" name="accountId" value={accountId} maxLength={128} />
      </label>
      <GroupChoice group={wanted.group || null} groups={groups} />
      {date('From', 'from')}
      {date('To', 'to')}
      <button type="submit">Show</button>
    </form>
  );
};

function Result({ wanted, days, campaigns, next, begun, failure }: Props): VNode {
  if (failure !== null || days === null) {
    return (
      <p class="banner banner-error" role="alert" id="refusal">
        {failure}
      </p>
    );
  }
  if (begun !== null) return <Beginnings begun={begun} path="/campaigns" query={wanted} />;
  if (campaigns.length === 0) return <Nothing wanted={wanted} />;
  const all = campaigns.flatMap((one) => one.days);
  const isPart = next !== null;
  return (
    <>
      <Sum
        sum={sumOfCampaigns(all)}
        wanted={wanted}
        days={days}
        count={campaigns.length}
        isPart={isPart}
      />
      <Days rows={all} days={days} isOne={campaigns.length === 1} />
      {wanted.campaignId === '' ? <Campaigns campaigns={campaigns} wanted={wanted} /> : null}
      <ListEnd
        shown={many(campaigns.length, 'campaign')}
        csv={addressOf({ ...wanted, format: 'csv' }, '/v1/campaigns')}
        next={next}
      />
    </>
  );
}

const Nothing = ({
  wanted: { campaignId, prefix, accountId, group },
}: {
  readonly wanted: Wanted;
}): VNode => {
  const isAll = [campaignId, prefix, accountId, group].every((one) => one === '');
  return (
    <Empty>
      {isAll ? (
        <>
          No campaign asked for a slot in these days. A reserve names its campaign as{' '}
          <code>campaignId</code>.
        </>
      ) : (
        <>
          Nothing was asked in these days. <a href="/campaigns">Show all campaigns</a>
        </>
      )}
    </Empty>
  );
};

/** Renders the answer to "what did this campaign send?" in one line. */
function Sum({
  sum,
  wanted,
  days,
  count,
  isPart,
}: {
  readonly sum: CampaignCounts;
  readonly wanted: Wanted;
  readonly days: DayRange;
  readonly count: number;
  readonly isPart: boolean;
}): VNode {
  const { delivered, inFlight, uncertain, released, granted, denied, denials } = sum;
  const who =
    wanted.campaignId === ''
      ? `${isPart ? 'The ' : ''}${many(count, 'campaign')}${isPart ? ' of this page' : ''} sent`
      : `${wanted.campaignId} sent`;
  const reasons = Object.entries(denials).toSorted(([, a], [, b]) => b - a);
  return (
    <div id="sum" class="card">
      <p class="lead">
        {who} {many(delivered, 'InMail')} from {dateOf(startOf(days.from))} to{' '}
        {dateOf(startOf(days.to))}.
      </p>
      <p>
        Of {many(granted, 'granted slot')}, {whole(inFlight)} {inFlight === 1 ? 'is' : 'are'} in
        flight, {whole(uncertain)} may have gone out (uncertain), and {whole(released)} did not go
        out. {many(denied, 'request')} {denied === 1 ? 'was' : 'were'} denied
        {reasons.length === 0 ? '.' : ':'}
      </p>
      {reasons.length === 0 ? null : (
        <ul class="plain" aria-label="Denied requests, by reason">
          {reasons.map(([reason, times]) => (
            <li key={reason}>
              <strong>{whole(times)}</strong> {reasonWords(reason)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const COUNTS: readonly (readonly [word: string, of: (one: CampaignCounts) => number])[] = [
  ['Asked', (one) => one.asked],
  ['Granted', (one) => one.granted],
  ['Denied', (one) => one.denied],
  ['Delivered', (one) => one.delivered],
  ['In flight', (one) => one.inFlight],
  ['Uncertain', (one) => one.uncertain],
  ['Released', (one) => one.released],
];
const FIGURES = COUNTS.map(([figure]) => ({ figure }));
const Cells = ({ one }: { readonly one: CampaignCounts }): VNode => (
  <>
    {COUNTS.map(([word, of]) => (
      <td key={word} class="number" data-label={word}>
        {whole(of(one))}
      </td>
    ))}
  </>
);

/** Renders the chart, and its values: open for one campaign, folded above a list of campaigns. */
function Days({
  rows,
  days: { from, to },
  isOne,
}: {
  readonly rows: readonly CampaignDay[];
  readonly days: DayRange;
  readonly isOne: boolean;
}): VNode {
  const byDay = Array.from({ length: to - from + 1 }, (_, n) => {
    const iso = isoDay(from + n);
    return { day: from + n, ...sumOfCampaigns(rows.filter((one) => one.quotaDay === iso)) };
  });
  return (
    <Section id="days" title="By quota day">
      <CampaignChart days={byDay} />
      <ChartLegend />
      <details id="days-values" open={isOne}>
        <summary>Values of each day</summary>
        <Table caption="Quota days" head={['Day', ...FIGURES]}>
          {byDay.toReversed().map((one) => (
            <tr key={one.day} data-x={middleOf(one.day - from, byDay.length)}>
              <th scope="row">{dateOf(startOf(one.day))}</th>
              <Cells one={one} />
            </tr>
          ))}
        </Table>
      </details>
    </Section>
  );
}

const Campaigns = ({
  campaigns,
  wanted,
}: {
  readonly campaigns: readonly CampaignOfPage[];
  readonly wanted: Wanted;
}): VNode => (
  <Section id="campaigns" title="By campaign">
    <Table caption="Campaigns" head={['Campaign', ...FIGURES, 'Reservations']} stacks={true}>
      {campaigns.map(({ campaignId, days }) => (
        <tr key={campaignId} id={`campaign-${campaignId}`}>
          <th scope="row">
            <a href={addressOf({ ...wanted, prefix: '', campaignId })}>{campaignId}</a>
          </th>
          <Cells one={sumOfCampaigns(days)} />
          <td>
            <a href={campaignAddress(campaignId)}>
              Show<span class="hidden"> reservations of {campaignId}</span>
            </a>
          </td>
        </tr>
      ))}
    </Table>
  </Section>
);
