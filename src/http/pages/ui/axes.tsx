/** The axes of both charts. */
import type { ScaleLinear } from 'd3-scale';
import type { VNode } from 'preact';

export const WIDTH = 760;
export const SIDE = { left: 36, right: 12, top: 14, bottom: 24 };
export type Scale = ScaleLinear<number, number>;

export const Grid = ({ y, ticks }: { readonly y: Scale; readonly ticks: number }): VNode => (
  <>
    {y.ticks(ticks).map((tick) => (
      <g key={tick}>
        <path class="grid" d={`M${SIDE.left} ${y(tick)}H${WIDTH - SIDE.right}`} />
        <text class="axis end" x={SIDE.left - 6} y={y(tick) + 4}>
          {tick}
        </text>
      </g>
    ))}
  </>
);

export const CapLine = ({ y, cap }: { readonly y: Scale; readonly cap: number }): VNode => (
  <path class="cap-line" d={`M${SIDE.left} ${y(cap)}H${WIDTH - SIDE.right}`} />
);
