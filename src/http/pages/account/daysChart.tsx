/** One column per quota day: its height is the counter, its filled part is the event log. */
import { scaleLinear } from 'd3-scale';
import type { VNode } from 'preact';
import { isoDay, type UtcDay } from '../../../domain/primitives/time.js';
import { CapLine, Grid, SIDE, WIDTH } from '../ui/axes.js';
import { many } from '../ui/format.js';

export type DayColumn = {
  readonly day: UtcDay;
  readonly counter: number;
  readonly logged: number;
};

const HEIGHT = 140;
const LABEL_EVERY_DAYS = 7;

export function DaysChart({
  days,
  cap,
}: {
  readonly days: readonly DayColumn[];
  readonly cap: number;
}): VNode {
  const top = Math.max(cap, 5, ...days.map(({ counter, logged }) => Math.max(counter, logged)));
  const y = scaleLinear([0, top], [HEIGHT - SIDE.bottom, SIDE.top]).nice(3);
  const step = (WIDTH - SIDE.left - SIDE.right) / Math.max(1, days.length);
  const width = step * 0.7;
  const sum = days.reduce((all, { logged }) => all + logged, 0);
  const column = (name: string, x: number, count: number): VNode => (
    <rect class={name} x={x} width={width} y={y(count)} height={y(0) - y(count)} />
  );
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${many(days.length, 'quota day')}: ${many(sum, 'InMail')} in the event log`}
    >
      <Grid y={y} ticks={3} />
      <CapLine y={y} cap={cap} />
      {days.map(({ day, counter, logged }, n) => {
        const x = SIDE.left + n * step + step * 0.15;
        return (
          <g key={day}>
            <title>{`${isoDay(day)}: counter ${counter}, event log ${logged}`}</title>
            {column('column-counter', x, counter)}
            {column('column-logged', x, logged)}
            {(days.length - 1 - n) % LABEL_EVERY_DAYS === 0 ? (
              <text class="axis middle" x={x + width / 2} y={HEIGHT - 6}>
                {isoDay(day).slice(5)}
              </text>
            ) : null}
          </g>
        );
      })}
    </svg>
  );
}
