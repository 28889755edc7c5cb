/** The chart of a day as SVG: counter, event log, cap, cooldowns and corrections. */
import { scaleLinear } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import type { VNode } from 'preact';
import {
  DAY_MS,
  HOUR_MS,
  isoDay,
  startOf,
  type Instant,
  type UtcDay,
} from '../../../domain/primitives/time.js';
import { CapLine, Grid, SIDE, WIDTH, type Scale } from '../ui/axes.js';
import { many, timeOf } from '../ui/format.js';

export type Point = { readonly at: Instant; readonly value: number };
export type Mark = { readonly at: Instant; readonly before: number; readonly after: number };
export type Pause = { readonly from: Instant; readonly until: Instant };
export type DayChartProps = {
  readonly day: UtcDay;
  readonly now: Instant;
  readonly cap: number;
  readonly counter: readonly Point[];
  readonly delivered: readonly Point[];
  readonly corrections: readonly Mark[];
  readonly cooldowns: readonly Pause[];
};

const HEIGHT = 240;
const FLOOR = HEIGHT - SIDE.bottom;

export function DayChart(props: DayChartProps): VNode {
  const { day, now, cap, counter, delivered, corrections, cooldowns } = props;
  const [start, end] = [startOf(day), startOf(day) + DAY_MS];
  const last = Math.min(now, end);
  const peaks = [...counter.map(({ value }) => value), ...corrections.map(({ before }) => before)];
  const x = scaleLinear([start, end], [SIDE.left, WIDTH - SIDE.right]);
  const y = scaleLinear([0, Math.max(cap, 5, ...peaks)], [FLOOR, SIDE.top]).nice(4);
  const draw = line<Point>(
    (point) => x(point.at),
    (point) => y(point.value),
  ).curve(curveStepAfter);
  const lineOf = (points: readonly Point[]): string => draw(fromTo(points, start, last)) ?? '';
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={wordsOf(props)}>
      <Pauses pauses={cooldowns} x={x} start={start} end={end} />
      <Grid y={y} ticks={4} />
      <Hours x={x} start={start} />
      <CapLine y={y} cap={cap} />
      <text class="axis end" x={WIDTH - SIDE.right} y={y(cap) - 4}>
        cap {cap}
      </text>
      <path class="counter-line" d={lineOf(counter)} />
      <path class="delivered-line" d={lineOf(delivered)} />
      {last < end ? <path class="now-line" d={`M${x(last)} ${SIDE.top}V${FLOOR}`} /> : null}
      <Marks marks={corrections} x={x} y={y} />
    </svg>
  );
}

/** Returns the points from midnight until now; the last value stays until now. */
function fromTo(points: readonly Point[], start: Instant, last: Instant): Point[] {
  const begun = [{ at: start, value: 0 }, ...points];
  const latest = begun.at(-1) ?? { at: start, value: 0 };
  return [...begun, { at: Math.max(last, latest.at), value: latest.value }];
}

const Pauses = ({
  pauses,
  x,
  start,
  end,
}: {
  readonly pauses: readonly Pause[];
  readonly x: Scale;
  readonly start: Instant;
  readonly end: Instant;
}): VNode => (
  <>
    {pauses.map(({ from, until }) => {
      const [a, b] = [x(Math.max(from, start)), x(Math.min(until, end))];
      return (
        <g key={from}>
          <rect
            class="pause"
            x={a}
            width={Math.max(1, b - a)}
            y={SIDE.top}
            height={FLOOR - SIDE.top}
          />
          <text class="axis" x={a + 4} y={SIDE.top + 11}>
            cooldown
          </text>
        </g>
      );
    })}
  </>
);

const HOURS: readonly (readonly [number, string])[] = [
  [0, 'axis'],
  [6, 'axis middle'],
  [12, 'axis middle'],
  [18, 'axis middle'],
  [24, 'axis end'],
];
const Hours = ({ x, start }: { readonly x: Scale; readonly start: Instant }): VNode => (
  <>
    {HOURS.map(([hour, where]) => (
      <text key={hour} class={where} x={x(start + hour * HOUR_MS)} y={HEIGHT - 6}>
        {String(hour).padStart(2, '0')}:00
      </text>
    ))}
  </>
);

const Marks = ({
  marks,
  x,
  y,
}: {
  readonly marks: readonly Mark[];
  readonly x: Scale;
  readonly y: Scale;
}): VNode => (
  <>
    {marks.map(({ at, before, after }) => (
      <g key={at} class="correction">
        <path d={`M${x(at)} ${y(before)}V${y(after)}`} />
        <path class="diamond" d={`M${x(at)} ${y(before) - 6}l6 6l-6 6l-6 -6z`} />
        <title>{`${timeOf(at)} UTC: corrected from ${before} to ${after}`}</title>
      </g>
    ))}
  </>
);

function wordsOf({ day, cap, counter, delivered, corrections, cooldowns }: DayChartProps): string {
  return [
    `${isoDay(day)}: the counter is ${counter.at(-1)?.value ?? 0} of ${cap}`,
    `${delivered.at(-1)?.value ?? 0} in the event log`,
    many(corrections.length, 'correction'),
    many(cooldowns.length, 'cooldown'),
  ].join(', ');
}

const KEY = [
  { kind: 'counter-line', width: 26, path: 'M0 10H13V4H26', text: 'counter' },
  { kind: 'delivered-line', width: 26, path: 'M0 10H13V4H26', text: 'event log' },
  { kind: 'cap-line', width: 26, path: 'M0 7H26', text: 'cap' },
  { kind: 'diamond', width: 14, path: 'M7 1l6 6l-6 6l-6 -6z', text: 'correction' },
];

export const ChartKey = (): VNode => (
  <ul class="legend">
    {KEY.map(({ kind, width, path, text }) => (
      <li key={kind}>
        <svg class="swatch" width={width} height="14" aria-hidden="true">
          <path class={kind} d={path} />
        </svg>{' '}
        {text}
      </li>
    ))}
  </ul>
);
