/**
 * The frame of all charts. Lengths across are parts of the width and letters keep their size, so a
 * chart can be read at every width. The page's script shows the row of the table at the pointer, or
 * at the arrow keys; without a script, the table has the values.
 */
import type { ScaleLinear } from 'd3-scale';
import type { ComponentChildren, VNode } from 'preact';
import { isoInstant, type Instant } from '../../../domain/primitives/time.js';

export const HEIGHT = 190;
export const [TOP, FLOOR] = [14, HEIGHT - 22];
/** The width of the drawing of lines, which is stretched to the width of the chart. */
export const SPAN = 1_000;
export type Scale = ScaleLinear<number, number>;

/** Returns a part of the width, from 0 to 1, as an attribute. */
export const across = (part: number): string => `${Math.round(part * 10_000) / 100}%`;

export function Plot({
  label,
  valuesId,
  y,
  cap,
  capWord = 'cap',
  capFrom = 0,
  children,
}: {
  readonly label: string;
  /** The id of the table with the values: each of its rows has its place in `data-x`. */
  readonly valuesId: string;
  readonly y: Scale;
  /** Null: no cap belongs to the values. */
  readonly cap: number | null;
  readonly capWord?: string;
  /** Where the line of the cap begins, as a part of the width: before it, the cap is not known. */
  readonly capFrom?: number;
  readonly children: ComponentChildren;
}): VNode {
  const ticks = y.ticks(4);
  return (
    <div class="plot-frame">
      <svg class="plot-axis" width="34" height={HEIGHT} aria-hidden="true">
        {ticks.map((tick) => (
          <text key={tick} class="axis end" x="28" y={y(tick) + 4}>
            {tick}
          </text>
        ))}
      </svg>
      <div class="plot" data-values={valuesId}>
        <svg class="chart" width="100%" height={HEIGHT} role="img" aria-label={label}>
          {ticks.map((tick) => (
            <line key={tick} class="grid" x1="0" x2="100%" y1={y(tick)} y2={y(tick)} />
          ))}
          {cap === null ? null : (
            <>
              <line class="cap-line" x1={across(capFrom)} x2="100%" y1={y(cap)} y2={y(cap)} />
              <text class="axis end" x="100%" y={y(cap) - 4}>
                {capWord} {cap}
              </text>
            </>
          )}
          {children}
          <line class="cursor" x1="0" x2="0" y1={TOP} y2={FLOOR} hidden={true} />
        </svg>
        <p class="readout" aria-hidden="true" />
      </div>
    </div>
  );
}

/** Renders lines in a drawing that is stretched to the width of the chart. */
export const Stretched = ({ children }: { readonly children: ComponentChildren }): VNode => (
  <svg
    x="0"
    y="0"
    width="100%"
    height={HEIGHT}
    viewBox={`0 0 ${SPAN} ${HEIGHT}`}
    preserveAspectRatio="none"
  >
    {children}
  </svg>
);

/** Renders a word below the chart. An instant is shown in the reader's zone by the script. */
export const Under = ({
  part,
  at,
  children,
}: {
  readonly part: number;
  readonly at?: Instant;
  readonly children: string;
}): VNode => (
  <text
    class={part === 0 ? 'axis' : part === 1 ? 'axis end' : 'axis middle'}
    x={across(part)}
    y={HEIGHT - 6}
    data-at={at === undefined ? undefined : isoInstant(at)}
  >
    {children}
  </text>
);
