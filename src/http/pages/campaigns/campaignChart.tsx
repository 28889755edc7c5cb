/** Two columns per quota day: granted slots with their delivered part, and denied requests. */
import { scaleLinear } from 'd3-scale';
import type { VNode } from 'preact';
import type { CampaignCounts } from '../../../domain/diagnostics/campaignDay.js';
import { startOf, type UtcDay } from '../../../domain/primitives/time.js';
import { dateOf, many } from '../ui/format.js';
import { across, FLOOR, Plot, TOP, Under } from '../ui/plot.js';

export type DayOfCampaigns = { readonly day: UtcDay } & Pick<
  CampaignCounts,
  'granted' | 'denied' | 'delivered'
>;

const WEEK_DAYS = 7;
/** A narrow screen has room for about four dates. */
const DATES_MAX = 4;
/** The part of the width of a day that each of its two columns takes. */
const FILLED = 0.38;

/** Returns the middle of a day, as a part of the width. */
export const middleOf = (n: number, count: number): number => (n + 0.5) / count;

export function CampaignChart({ days }: { readonly days: readonly DayOfCampaigns[] }): VNode {
  const count = days.length;
  const top = Math.max(5, ...days.map(({ granted, denied }) => Math.max(granted, denied)));
  const y = scaleLinear([0, top], [FLOOR, TOP]).nice(4);
  const sum = (of: (one: DayOfCampaigns) => number): number =>
    days.reduce((before, one) => before + of(one), 0);
  const every = WEEK_DAYS * Math.ceil(count / (WEEK_DAYS * DATES_MAX));
  // Not the last day: its date would be cut off at the edge.
  const dated = count - 1 - Math.min(2, Math.floor((count - 1) / 2));
  const width = FILLED / count;
  return (
    <Plot
      label={
        `${many(count, 'quota day')}: ${many(
          sum((one) => one.granted),
          'slot',
        )} granted, ` +
        `${sum((one) => one.delivered)} of them delivered, and ` +
        `${many(
          sum((one) => one.denied),
          'ask',
        )} denied`
      }
      valuesId="days-values"
      y={y}
      cap={null}
    >
      {days.map(({ day, granted, denied, delivered }, n) => {
        const middle = middleOf(n, count);
        const column = (name: string, from: number, height: number): VNode => (
          <rect
            class={name}
            x={across(from)}
            width={across(width)}
            y={y(height)}
            height={y(0) - y(height)}
          />
        );
        return (
          <g key={day}>
            {column('column-counter', middle - width, granted)}
            {column('column-logged', middle - width, delivered)}
            {column('column-denied', middle, denied)}
            {(dated - n) % every === 0 ? <Under part={middle}>{dateOf(startOf(day))}</Under> : null}
          </g>
        );
      })}
    </Plot>
  );
}

const LEGEND = [
  ['column-counter', 'granted'],
  ['column-logged', 'delivered'],
  ['column-denied', 'denied'],
] as const;

export const ChartLegend = (): VNode => (
  <ul class="legend">
    {LEGEND.map(([name, word]) => (
      <li key={name}>
        <svg class="swatch" width="14" height="14" aria-hidden="true">
          <rect class={name} width="14" height="14" />
        </svg>{' '}
        {word}
      </li>
    ))}
  </ul>
);
