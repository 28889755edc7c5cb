/** *Shadow mode* of an account: what the gate would have denied, and what was delivered (R23). */
import type { VNode } from 'preact';
import { reasonWords } from '../../../domain/diagnostics/canSend/reasonWords.js';
import {
  SHADOW_DAYS_DEFAULT,
  SHADOW_DAYS_MAX,
  type ShadowGrant,
  type ShadowGroup,
  type ShadowReport,
} from '../../../postgres/diagnostics/shadow.js';
import { ShadowBanner } from './banner.js';
import { many } from '../ui/format.js';
import { crumbsOf, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Empty, Id, Section, Table, When } from '../ui/parts.js';
import { RESERVATION_WORDS } from '../search/words.js';

type Props = {
  readonly frame: Frame;
  readonly report: ShadowReport;
  readonly days: number;
  /** Why the number of days in the address was not used. */
  readonly failure: string | null;
};

const GROUPS: Readonly<Record<ShadowGroup, string>> = {
  recipient: 'Recipient contacted already',
  pacing: 'Pacing',
  caps: 'Caps',
  window: 'Sending hours',
  stops: 'Stops: holds, cooldowns, credits, missing reconciles',
};

export const ShadowPage = ({ frame, report, days, failure }: Props): VNode => {
  const { accountId, mode } = report;
  const canOperate = frame.caller?.role === 'operator';
  return (
    <Page frame={frame} title={`Shadow mode: ${accountId}`} here="accounts">
      <Head way={crumbsOf(accountId)} title="What shadow mode would have denied">
        <ShadowBanner numbers={{ accountId, mode }} canOperate={canOperate} />
        {mode === 'shadow' ? null : (
          <p class="note">
            The account is not in shadow mode now, so the gate denies.
            {canOperate ? (
              <>
                {' '}
                <a href={`/accounts/${accountId}/do/shadow`}>Start shadow mode</a>
              </>
            ) : null}
          </p>
        )}
        <form class="filter" method="get" action={`/accounts/${accountId}/shadow`}>
          <label class={failure === null ? undefined : 'wrong'}>
            Days, today included
            <input
              name="days"
              type="number"
              min={1}
              max={SHADOW_DAYS_MAX}
              value={days}
              aria-invalid={failure === null ? undefined : 'true'}
              aria-describedby={failure === null ? undefined : 'refusal'}
            />
          </label>
          <button type="submit">Show</button>
        </form>
        {failure === null ? null : (
          <p class="banner banner-error" role="alert" id="refusal">
            {failure}
          </p>
        )}
      </Head>
      <Sums report={report} />
      {report.wouldDeny === 0 ? null : (
        <>
          <Reasons report={report} />
          <Days report={report} />
          <Grants report={report} days={days} />
        </>
      )}
    </Page>
  );
};

function Sums({ report }: { readonly report: ShadowReport }): VNode {
  const { granted, delivered, wouldDeny, wouldDenyDelivered, from, to, groups } = report;
  return (
    <Section id="sums" title={`From ${from} to ${to}, in UTC days`}>
      {granted === 0 ? (
        <Empty>No slot was granted in these days.</Empty>
      ) : (
        <>
          <p>
            {many(granted, 'slot was', 'slots were')} granted, and {delivered} delivered.{' '}
            {wouldDeny === 0
              ? 'The gate would have denied none of them.'
              : `The gate would have denied ${wouldDeny} of them; ${wouldDenyDelivered} of these ` +
                'were delivered.'}
          </p>
          {wouldDeny === 0 ? null : (
            <Table
              caption="Groups of reasons"
              head={['Would be denied by', { figure: 'Granted' }, { figure: 'Delivered' }]}
            >
              {groups.map((one) => (
                <tr key={one.group} id={`group-${one.group}`}>
                  <th scope="row">{GROUPS[one.group]}</th>
                  <td class="number">{one.granted}</td>
                  <td class="number">{one.delivered}</td>
                </tr>
              ))}
            </Table>
          )}
          <p class="note">
            A slot that was granted took room, which a denial does not. So the numbers of caps are
            the most that would have been denied.
          </p>
        </>
      )}
    </Section>
  );
}

const Reasons = ({ report }: { readonly report: ShadowReport }): VNode => (
  <Section id="reasons" title="Reasons">
    <Table
      caption="Reasons"
      stacks={true}
      head={['Reason', { figure: 'Granted' }, { figure: 'Delivered' }, 'First', 'Last']}
    >
      {report.reasons.map(({ reason, granted, delivered, firstAt, lastAt }) => (
        <tr key={reason}>
          <th scope="row">
            {reasonWords(reason)} <span class="note">{reason}</span>
          </th>
          <td class="number" data-label="Granted">
            {granted}
          </td>
          <td class="number" data-label="Delivered">
            {delivered}
          </td>
          <td data-label="First">
            <When at={Date.parse(firstAt)} show="full" />
          </td>
          <td data-label="Last">
            <When at={Date.parse(lastAt)} show="full" />
          </td>
        </tr>
      ))}
    </Table>
  </Section>
);

const Days = ({ report }: { readonly report: ShadowReport }): VNode => (
  <Section id="days" title="Days">
    <Table
      caption="Days"
      stacks={true}
      head={[
        'Day',
        { figure: 'Granted' },
        { figure: 'Delivered' },
        { figure: 'Would be denied' },
        'By reason',
      ]}
    >
      {report.days.map((day) => (
        <tr key={day.quotaDay}>
          <th scope="row">{day.quotaDay}</th>
          <td class="number" data-label="Granted">
            {day.granted}
          </td>
          <td class="number" data-label="Delivered">
            {day.delivered}
          </td>
          <td class="number" data-label="Would be denied">
            {day.wouldDeny}
          </td>
          <td>
            {Object.entries(day.reasons)
              .map(([reason, count]) => `${count} ${reason}`)
              .join(', ') || '–'}
          </td>
        </tr>
      ))}
    </Table>
  </Section>
);

const Grants = ({
  report: { accountId, grants, isCut },
  days,
}: {
  readonly report: ShadowReport;
  readonly days: number;
}): VNode => (
  <Section id="grants" title="Grants that would have been denied">
    <Table
      caption="Grants"
      stacks={true}
      head={['Reservation', 'Granted', 'Would be denied, because', 'Until', 'State', 'Campaign']}
    >
      {grants.map((one) => (
        <tr key={one.reservationId}>
          <th scope="row">
            <Id id={one.reservationId} />
          </th>
          <td>
            <When at={Date.parse(one.reservedAt)} show="full" />
          </td>
          <td>{whyOf(one)}</td>
          <td>
            {one.retryAt === null ? (
              'a person or an outcome'
            ) : (
              <When at={Date.parse(one.retryAt)} show="full" />
            )}
          </td>
          <td>{wordOf(one.state)}</td>
          <td>{one.campaignId ?? '–'}</td>
        </tr>
      ))}
    </Table>
    <p class="links">
      {isCut ? 'Only the newest are shown. ' : null}
      <a href={`/v1/accounts/${accountId}/shadow?days=${days}&format=csv`} download>
        Download CSV with all of them
      </a>
    </p>
  </Section>
);

function whyOf({ reason, limit, used, contactedBy }: ShadowGrant): string {
  const words = reasonWords(reason);
  if (reason === 'recipient_contacted' && contactedBy !== null) return `${words} by ${contactedBy}`;
  return limit === null ? words : `${words} (${used} of ${limit})`;
}

const isState = (text: string): text is keyof typeof RESERVATION_WORDS =>
  Object.hasOwn(RESERVATION_WORDS, text);
const wordOf = (state: string): string => (isState(state) ? RESERVATION_WORDS[state].word : state);

/** Reads the days of the address: the default if there are none, undefined if they are no days. */
export function daysIn(raw: unknown): number | undefined {
  if (raw === undefined || raw === '') return SHADOW_DAYS_DEFAULT;
  const days = typeof raw === 'string' && /^\d{1,3}$/.test(raw) ? Number(raw) : 0;
  return days >= 1 && days <= SHADOW_DAYS_MAX ? days : undefined;
}
