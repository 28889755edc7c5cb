/** The tab *Days*: the last 30 quota days, and the weekly window. */
import type { VNode } from 'preact';
import { startOf } from '../../../domain/primitives/time.js';
import type { ClosedDay } from '../../../postgres/read/pageReads.js';
import { DAYS_SHOWN, type AccountData } from './accountData.js';
import { DaysChart, middleOf } from './daysChart.js';
import { columnsOf, weekInWords } from './dayStory.js';
import { dateOf } from '../ui/format.js';
import { Empty, Section, Table } from '../ui/parts.js';

type WithData = { readonly data: AccountData };
type DayFigures = Omit<ClosedDay, 'unexplained'>;
const OF = {
  Counter: ({ counter }: DayFigures) => counter,
  Delivered: ({ delivered }: DayFigures) => delivered,
  External: ({ external }: DayFigures) => external,
  Uncertain: ({ uncertain }: DayFigures) => uncertain,
  Imported: ({ imported }: DayFigures) => imported,
  Late: ({ late }: DayFigures) => late,
};
const FIGURES = ['Counter', 'Delivered', 'External', 'Uncertain', 'Imported', 'Late'] as const;

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

export function Days({ data }: WithData): VNode {
  const { numbers, days } = data;
  const columns = columnsOf(days, numbers, DAYS_SHOWN);
  const first = columns[0]?.day ?? numbers.day;
  return (
    <Section id="days" title="The last 30 days">
      <DaysChart days={columns} cap={numbers.caps.effective} />
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
        <li>
          <svg class="swatch" width="26" height="14" aria-hidden="true">
            <path class="cap-line" d="M0 7H26" />
          </svg>{' '}
          today's cap
        </li>
      </ul>
      <div id="days-values">
        <Table caption="Quota days" head={['Day', ...FIGURES.map((figure) => ({ figure }))]}>
          {[{ ...numbers, late: 0 }, ...days.toReversed()].map((one) => (
            <tr key={one.day} data-x={middleOf(one.day - first, columns.length)}>
              <th scope="row">{dateOf(startOf(one.day))}</th>
              {FIGURES.map((figure) => (
                <td key={figure} class="number">
                  {OF[figure](one)}
                </td>
              ))}
            </tr>
          ))}
        </Table>
      </div>
      {days.length === 0 ? (
        <Empty>No closed day yet. The first day closes at midnight UTC.</Empty>
      ) : null}
    </Section>
  );
}
