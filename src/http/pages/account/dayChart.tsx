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
import { many } from '../ui/format.js';
import { Table, When } from '../ui/parts.js';
import { across, FLOOR, Plot, SPAN, Stretched, TOP, Under, type Scale } from '../ui/plot.js';

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
  /** The words for the owner of the account, who does not get the table of values. */
  readonly owner?: OwnerWords;
};
export type OwnerWords = {
  readonly label: string;
  readonly counter: string;
  readonly log: string;
  readonly cap: string;
  readonly cooldown: string;
};

const VALUES_MAX = 200;
const HOURS = [0, 6, 12, 18, 24];

export function DayChart(props: DayChartProps): VNode {
  const { day, now, cap, counter, delivered, corrections, cooldowns, owner } = props;
  const [start, end] = [startOf(day), startOf(day) + DAY_MS];
  const last = Math.min(now, end);
  const peaks = [...counter.map(({ value }) => value), ...corrections.map(({ before }) => before)];
  const part = (at: Instant): number => Math.min(1, Math.max(0, (at - start) / DAY_MS));
  const y = scaleLinear([0, Math.max(cap, 5, ...peaks)], [FLOOR, TOP]).nice(4);
  const draw = line<Point>(
    (point) => part(point.at) * SPAN,
    (point) => y(point.value),
  ).curve(curveStepAfter);
  const lineOf = (points: readonly Point[]): string => draw(fromTo(points, start, last)) ?? '';
  return (
    <>
      <Plot
        label={owner?.label ?? wordsOf(props)}
        valuesId="day-values"
        y={y}
        cap={cap}
        capWord={owner?.cap ?? 'cap'}
      >
        {cooldowns.map(({ from, until }) => (
          <Cooldown
            key={from}
            from={part(from)}
            until={part(until)}
            word={owner?.cooldown ?? 'cooldown'}
          />
        ))}
        {HOURS.map((hour) => (
          <Under key={hour} part={hour / 24} at={start + hour * HOUR_MS}>
            {`${String(hour).padStart(2, '0')}:00`}
          </Under>
        ))}
        <Stretched>
          <path class="counter-line" d={lineOf(counter)} />
          <path class="delivered-line" d={lineOf(delivered)} />
        </Stretched>
        {last < end ? (
          <line
            class="now-line"
            x1={across(part(last))}
            x2={across(part(last))}
            y1={TOP}
            y2={FLOOR}
          />
        ) : null}
        {corrections.map((mark) => (
          <Correction key={mark.at} mark={mark} x={across(part(mark.at))} y={y} />
        ))}
      </Plot>
      <ChartKey owner={owner} />
      {owner ? null : <Values {...props} part={part} />}
    </>
  );
}

/** Returns the points from midnight until now; the last value stays until now. */
function fromTo(points: readonly Point[], start: Instant, last: Instant): Point[] {
  const begun = [{ at: start, value: 0 }, ...points];
  const latest = begun.at(-1) ?? { at: start, value: 0 };
  return [...begun, { at: Math.max(last, latest.at), value: latest.value }];
}

const Cooldown = ({
  from,
  until,
  word,
}: {
  readonly from: number;
  readonly until: number;
  readonly word: string;
}): VNode => (
  <>
    <rect
      class="pause"
      x={across(from)}
      width={across(Math.max(0.002, until - from))}
      y={TOP}
      height={FLOOR - TOP}
    />
    <text class={from > 0.7 ? 'axis end' : 'axis'} x={across(from)} y={TOP - 3}>
      {word}
    </text>
  </>
);

const Correction = ({
  mark: { before, after },
  x,
  y,
}: {
  readonly mark: Mark;
  readonly x: string;
  readonly y: Scale;
}): VNode => (
  <svg class="correction" x={x} y="0" width="1" height="1">
    <path d={`M0 ${y(before)}V${y(after)}`} />
    <path class="diamond" d={`M0 ${y(before) - 6}l6 6l-6 6l-6 -6z`} />
  </svg>
);

/** Renders the values of the chart, each at the instant at which it changed. */
function Values({
  now,
  counter,
  delivered,
  corrections,
  part,
}: DayChartProps & { readonly part: (at: Instant) => number }): VNode {
  const valueAt = (points: readonly Point[], at: Instant): number =>
    points.findLast((point) => point.at <= at)?.value ?? 0;
  const all = [...counter, ...delivered, ...corrections].map(({ at }) => Math.min(at, now));
  const instants = [...new Set(all)].toSorted((a, b) => a - b).slice(-VALUES_MAX);
  return (
    <details id="day-values">
      <summary>Values as a table</summary>
      <Table
        caption="Values of the chart"
        head={['Time', { figure: 'Counter' }, { figure: 'Event log' }, 'Correction']}
      >
        {instants.map((at) => (
          <tr key={at} data-x={part(at)}>
            <th scope="row">
              <When at={at} />
            </th>
            <td class="number">{valueAt(counter, at)}</td>
            <td class="number">{valueAt(delivered, at)}</td>
            <td>
              {corrections
                .filter((mark) => mark.at === at)
                .map(({ before, after }) => `from ${before} to ${after}`)
                .join(', ')}
            </td>
          </tr>
        ))}
      </Table>
    </details>
  );
}

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

const ChartKey = ({ owner }: { readonly owner: OwnerWords | undefined }): VNode => (
  <ul class="legend">
    {(owner ? keyOf(owner) : KEY).map(({ kind, width, path, text }) => (
      <li key={kind}>
        <svg class="swatch" width={width} height="14" aria-hidden="true">
          <path class={kind} d={path} />
        </svg>{' '}
        {text}
      </li>
    ))}
  </ul>
);

const keyOf = ({ counter, log, cap }: OwnerWords): typeof KEY =>
  KEY.slice(0, 3).map((one, n) => ({ ...one, text: [counter, log, cap][n] ?? '' }));
