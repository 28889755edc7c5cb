/**
 * One column per quota day: its height is the counter, its filled part is the event log. The cap is
 * a mark on today only, because the rows of closed days do not have their caps.
 */
import { scaleLinear } from 'd3-scale';
import type { VNode } from 'preact';
import { startOf, type UtcDay } from '../../../domain/primitives/time.js';
import { dateOf, many } from '../ui/format.js';
import { across, FLOOR, Plot, TOP, Under } from '../ui/plot.js';

export type DayColumn = {
  readonly day: UtcDay;
  readonly counter: number;
  readonly logged: number;
};

const LABEL_EVERY_DAYS = 7;
/** The part of the width of a day that its column takes. */
const FILLED = 0.7;

/** Returns the middle of the column of a day, as a part of the width. */
export const middleOf = (n: number, count: number): number => (n + 0.5) / count;

export function DaysChart({
  days,
  cap,
}: {
  readonly days: readonly DayColumn[];
  /** The cap of the last of the days, which is today. */
  readonly cap: number;
}): VNode {
  const top = Math.max(cap, 5, ...days.map(({ counter, logged }) => Math.max(counter, logged)));
  const y = scaleLinear([0, top], [FLOOR, TOP]).nice(4);
  const sum = days.reduce((all, { logged }) => all + logged, 0);
  const width = FILLED / days.length;
  return (
    <Plot
      label={
        `${many(days.length, 'quota day')}: ${many(sum, 'InMail')} in the event log; today's cap ` +
        `is ${cap}, and the caps of earlier days are not shown`
      }
      valuesId="days-values"
      y={y}
      cap={cap}
      capWord="today's cap"
      capFrom={1 - 1 / days.length}
    >
      {days.map(({ day, counter, logged }, n) => {
        const middle = middleOf(n, days.length);
        const column = (name: string, count: number): VNode => (
          <rect
            class={name}
            x={across(middle - width / 2)}
            width={across(width)}
            y={y(count)}
            height={y(0) - y(count)}
          />
        );
        return (
          <g key={day}>
            {column('column-counter', counter)}
            {column('column-logged', logged)}
            {(days.length - 3 - n) % LABEL_EVERY_DAYS === 0 ? (
              <Under part={middle}>{dateOf(startOf(day))}</Under>
            ) : null}
          </g>
        );
      })}
    </Plot>
  );
}
