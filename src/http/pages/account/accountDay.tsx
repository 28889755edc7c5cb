/** The parts of an account's page about time: the day, the days before, and the next events. */
import type { VNode } from 'preact';
import { pacingText } from '../../../domain/records/settingsChange.js';
import { isoDay, startOf } from '../../../domain/primitives/time.js';
import { DAYS_SHOWN, type AccountData } from './accountData.js';
import { ChartKey, DayChart } from './dayChart.js';
import { DaysChart } from './daysChart.js';
import {
  columnsOf,
  cooldownsOf,
  counterPoints,
  deliveredPoints,
  timelineOf,
  weekInWords,
} from './dayStory.js';
import { dateOf, many } from '../ui/format.js';
import { Empty, Left, Section, Table, When } from '../ui/parts.js';

type WithData = { readonly data: AccountData };
const MOMENTS_SHOWN = 40;

export function DayPicture({ data }: WithData): VNode {
  const { numbers, rows } = data;
  const corrections = rows.corrections.filter(({ day }) => day === numbers.day);
  return (
    <Section id="day" title={`${dateOf(startOf(numbers.day))}, hour by hour (UTC)`}>
      <DayChart
        day={numbers.day}
        now={rows.now}
        cap={numbers.caps.effective}
        counter={counterPoints(rows, numbers)}
        delivered={deliveredPoints(rows)}
        corrections={corrections}
        cooldowns={cooldownsOf(rows)}
      />
      <ChartKey />
      {corrections.length === 0 ? null : (
        <ul class="plain">
          {corrections.map(({ number, at, before, after, sentences }) => (
            <li key={number}>
              <When at={at} />: corrected from {before} to {after}.{' '}
              <span class="note">{sentences.join(' ')}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

export function Timeline({ data }: WithData): VNode {
  const moments = timelineOf(data.rows);
  return (
    <Section id="timeline" title="Today">
      {moments.length === 0 ? (
        <Empty>Nothing yet. The first reservation of the day appears here.</Empty>
      ) : (
        <div class="timeline" role="region" aria-label="Moments of today" tabIndex={0}>
          <ol class="plain-list">
            {moments.slice(0, MOMENTS_SHOWN).map(({ id, at, tone, title, detail }) => (
              <li key={id} id={id} class={`moment moment-${tone}`}>
                <When at={at} /> <strong>{title}</strong> <span>{detail}</span>
              </li>
            ))}
          </ol>
        </div>
      )}
      {moments.length > MOMENTS_SHOWN ? (
        <p class="note">{many(moments.length - MOMENTS_SHOWN, 'earlier moment')} not shown.</p>
      ) : null}
    </Section>
  );
}

export function NextSlots({ data, now }: WithData & { readonly now: number }): VNode {
  const { slots, origin, numbers } = data;
  return (
    <Section id="slots" title="Next slots" note="Each time is right if all earlier slots are used.">
      {slots.length === 0 ? (
        <Empty>
          {origin.from === 'workflow' && numbers.state !== 'disconnected'
            ? 'None until a person acts.'
            : 'Not known: the account does not answer.'}
        </Empty>
      ) : (
        <Slots slots={slots} now={now} />
      )}
    </Section>
  );
}

function Slots({ slots, now }: { readonly slots: readonly string[]; readonly now: number }): VNode {
  const isNow = (slot: string): boolean => Date.parse(slot) <= now;
  const atOnce = slots.filter(isNow).length;
  const later = slots.filter((slot) => !isNow(slot)).map((slot) => Date.parse(slot));
  return (
    <ol class="plain">
      {atOnce > 0 ? (
        <li>
          {atOnce === slots.length ? `${atOnce} or more` : atOnce} <strong>now</strong>
        </li>
      ) : null}
      {later.map((at, n) => (
        <li key={n}>
          <When at={at} show="full" />
          {n === 0 ? (
            <>
              {' '}
              (in <Left until={at} now={now} />)
            </>
          ) : null}
        </li>
      ))}
    </ol>
  );
}

export function Week({ data }: WithData): VNode {
  const { numbers, days } = data;
  const week = columnsOf(days, numbers, 7);
  return (
    <Section id="week" title="Weekly window">
      <p>{weekInWords(numbers)}.</p>
      <progress
        max={Math.max(1, numbers.caps.weekly)}
        value={Math.min(numbers.weekUsed, numbers.caps.weekly)}
        aria-label="used part of the weekly cap"
      />
      <ol class="week">
        {week.map(({ day, counter }) => (
          <li key={day}>
            <span class="note">{dateOf(startOf(day))}</span> <strong>{counter}</strong>
          </li>
        ))}
      </ol>
    </Section>
  );
}

export function Ramp({ data }: WithData): VNode {
  const { numbers, settings } = data;
  const ramp = settings.ramp ?? [];
  const hasEnded = numbers.rampDay > ramp.length;
  return (
    <Section id="ramp" title="Caps and ramp">
      <p>
        Daily cap {numbers.caps.daily}
        {settings.dailyCap === null ? ' (the safe band of the tier)' : ''}, weekly cap{' '}
        {numbers.caps.weekly}.
      </p>
      {ramp.length === 0 ? (
        <p class="note">No ramp.</p>
      ) : (
        <>
          <p>
            {hasEnded
              ? `The ramp of ${many(ramp.length, 'day')} has ended.`
              : `Ramp day ${numbers.rampDay} of ${ramp.length}: ${numbers.caps.ramp ?? 0} a day.`}
          </p>
          <ol class="ramp">
            {ramp.map((step, n) => (
              <li key={n} aria-current={n + 1 === numbers.rampDay ? 'step' : undefined}>
                {step}
              </li>
            ))}
          </ol>
        </>
      )}
      <p class="note">{windowInWords(data)}</p>
      {data.settings.pacing === null ? null : (
        <p class="note">The gap between two sends: {pacingText(data.settings.pacing)}.</p>
      )}
      {data.settings.creditsRenewOn === null ? null : (
        <p class="note">
          LinkedIn grants new InMail credits on day {data.settings.creditsRenewOn} of each month.
        </p>
      )}
    </Section>
  );
}

function windowInWords({ settings }: AccountData): string {
  const { sendingWindow: window, timezone } = settings;
  if (window === null) return `The account may send at any hour. Its time zone is ${timezone}.`;
  return `The account sends on ${window.days.join(', ')} from ${window.start} to ${window.end}, ${timezone}.`;
}

export function Days({ data }: WithData): VNode {
  const { numbers, days } = data;
  const columns = columnsOf(days, numbers, DAYS_SHOWN);
  const known = days.toReversed();
  return (
    <Section id="days" title="The last 30 days">
      <DaysChart days={columns} cap={numbers.caps.daily} />
      <ul class="legend">
        <li>
          <svg class="swatch" width="14" height="14" aria-hidden="true">
            <rect class="column-counter" width="14" height="14" />
          </svg>{' '}
          counter
        </li>
        <li>
          <svg class="swatch" width="14" height="14" aria-hidden="true">
            <rect class="column-logged" width="14" height="14" />
          </svg>{' '}
          event log
        </li>
      </ul>
      {known.length === 0 ? (
        <Empty>No closed day yet. The first day closes at midnight UTC.</Empty>
      ) : (
        <details id="days-table">
          <summary>Show as a table</summary>
          <Table
            caption="Closed quota days"
            head={['Day', 'Counter', 'Delivered', 'External', 'Uncertain', 'Imported', 'Late']}
          >
            {known.map((one) => (
              <tr key={one.day}>
                <th scope="row">{isoDay(one.day)}</th>
                <td class="number">{one.counter}</td>
                <td class="number">{one.delivered}</td>
                <td class="number">{one.external}</td>
                <td class="number">{one.uncertain}</td>
                <td class="number">{one.imported}</td>
                <td class="number">{one.late}</td>
              </tr>
            ))}
          </Table>
        </details>
      )}
    </Section>
  );
}
