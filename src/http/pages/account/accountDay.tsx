/** The tab *Day*: the chart of the day, its moments, and the next slots. */
import type { VNode } from 'preact';
import { startOf } from '../../../domain/primitives/time.js';
import type { AccountData } from './accountData.js';
import { DayChart } from './dayChart.js';
import { cooldownsOf, counterPoints, deliveredPoints, marksOf, timelineOf } from './dayStory.js';
import { dateOf, many } from '../ui/format.js';
import { Empty, Left, Section, Dated, When } from '../ui/parts.js';

type WithData = { readonly data: AccountData };
const MOMENTS_SHOWN = 40;

export function DayPicture({ data }: WithData): VNode {
  const { numbers, rows } = data;
  const corrections = rows.corrections.filter(({ day }) => day === numbers.day);
  return (
    <Section id="day" title={`Quota day ${dateOf(startOf(numbers.day))}`}>
      <DayChart
        day={numbers.day}
        now={rows.now}
        cap={numbers.caps.effective}
        counter={counterPoints(rows, numbers)}
        delivered={deliveredPoints(rows)}
        corrections={marksOf(corrections)}
        cooldowns={cooldownsOf(rows)}
      />
    </Section>
  );
}

export function Timeline({ data }: WithData): VNode {
  const moments = timelineOf(data.rows);
  // Corrections stay, because they are few and the chart marks them.
  const shown = moments.filter(({ report }, n) => n < MOMENTS_SHOWN || report !== undefined);
  return (
    <Section id="timeline" title="What happened">
      {moments.length === 0 ? (
        <Empty>Nothing yet. The first reservation of the day appears here.</Empty>
      ) : (
        <div class="timeline" role="region" aria-label="Moments of today" tabIndex={0}>
          <ol class="plain-list">
            {shown.map(({ id, at, tone, title, detail, report }) => (
              <li key={id} id={id} class={`moment moment-${tone}`}>
                <When at={at} /> <strong>{title}</strong> <Dated text={detail} />
                {report === undefined || report.length === 0 ? null : (
                  <Report id={id} sentences={report} />
                )}
              </li>
            ))}
          </ol>
        </div>
      )}
      {moments.length > shown.length ? (
        <p class="note">{many(moments.length - shown.length, 'earlier moment')} not shown.</p>
      ) : null}
    </Section>
  );
}

const Report = ({
  id,
  sentences,
}: {
  readonly id: string;
  readonly sentences: readonly string[];
}): VNode => (
  <details id={`report-${id}`}>
    <summary>What the reconcile found</summary>
    <ul class="details">
      {sentences.map((text) => (
        <li key={text}>
          <Dated text={text} />
        </li>
      ))}
    </ul>
  </details>
);

export function NextSlots({ data, now }: WithData & { readonly now: number }): VNode {
  const { slots, origin, numbers, waiting } = data;
  const note = 'Each time is right if all earlier slots are used.';
  const comes = waiting === 1 ? 'comes' : 'come';
  const line = `${many(waiting, 'ask')} in the waiting line ${comes} before them.`;
  return (
    <Section id="slots" title="Next slots" note={waiting > 0 ? `${note} ${line}` : note}>
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
  const later = slots.map((slot) => Date.parse(slot)).filter((at) => at > now);
  const atOnce = slots.length - later.length;
  return (
    <ol class="plain">
      {atOnce > 0 ? (
        <li>
          {atOnce === slots.length ? `${atOnce} or more` : atOnce} <strong>now</strong>
        </li>
      ) : null}
      {[...new Set(later)].map((at, n) => (
        <li key={at}>
          {many(later.filter((one) => one === at).length, 'slot')} at <When at={at} show="full" />
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
