/**
 * The day's cap as a bar: the parts of the counter, compared with the cap. Each part has its own
 * pattern in addition to its colour, and the legend names it in words.
 */
import type { VNode } from 'preact';
import type { Numbers } from './numbers.js';

type Part = {
  readonly name: string;
  readonly word: string;
  readonly of: (numbers: Parts) => number;
};
export type Parts = Pick<
  Numbers,
  | 'counter'
  | 'inFlight'
  | 'uncertain'
  | 'delivered'
  | 'external'
  | 'imported'
  | 'unexplained'
  | 'carried'
> & { readonly caps: Pick<Numbers['caps'], 'effective'> };

const PARTS: readonly Part[] = [
  { name: 'delivered', word: 'delivered', of: ({ delivered }) => delivered },
  { name: 'external', word: 'sent manually', of: ({ external }) => external },
  { name: 'imported', word: 'imported', of: ({ imported }) => imported },
  { name: 'in-flight', word: 'in flight', of: ({ inFlight }) => inFlight },
  { name: 'uncertain', word: 'uncertain', of: ({ uncertain }) => uncertain },
  { name: 'unexplained', word: 'unexplained', of: ({ unexplained }) => unexplained },
  { name: 'carried', word: 'carried from earlier days', of: ({ carried }) => carried },
];

const percent = (part: number, whole: number): string =>
  `${Math.round((10_000 * part) / whole) / 100}%`;

/** `17 delivered, 2 in flight`; `nothing sent yet`. */
export function partsInWords(numbers: Parts): string {
  const parts = PARTS.map(({ word, of }) => [of(numbers), word] as const).filter(
    ([count]) => count !== 0,
  );
  if (parts.length === 0) return 'nothing sent yet';
  return parts.map(([count, word]) => `${count} ${word}`).join(', ');
}

export function Bar({
  numbers,
  tall,
}: {
  readonly numbers: Parts;
  readonly tall?: boolean;
}): VNode {
  const cap = numbers.caps.effective;
  const spent = PARTS.reduce((sum, { of }) => sum + Math.max(0, of(numbers)), 0);
  const scale = Math.max(cap, spent, 1);
  let from = 0;
  const pieces = PARTS.map(({ name, of }) => {
    const size = Math.max(0, of(numbers));
    const x = from;
    from += size;
    return { name, size, x };
  }).filter(({ size }) => size > 0);
  return (
    <svg
      class={`bar${tall ? ' bar-tall' : ''}${numbers.counter > cap ? ' bar-over' : ''}`}
      role="img"
      aria-label={`${numbers.counter} of ${cap}: ${partsInWords(numbers)}`}
      width="100%"
    >
      <title>{partsInWords(numbers)}</title>
      <rect class="room" width={percent(cap, scale)} height="100%" />
      {pieces.map(({ name, size, x }) => (
        <rect
          key={name}
          class={`part part-${name}`}
          x={percent(x, scale)}
          width={percent(size, scale)}
          height="100%"
          fill={`url(#fill-${name})`}
        />
      ))}
      {cap < spent ? <rect class="cap" x={percent(cap, scale)} width="2" height="100%" /> : null}
    </svg>
  );
}

export const Swatch = ({ name }: { readonly name: string }): VNode => (
  <svg class="swatch" width="14" height="14" aria-hidden="true">
    <rect class={`part part-${name}`} width="14" height="14" fill={`url(#fill-${name})`} />
  </svg>
);

/** Renders the patterns: once per page, before the first bar. The style sheet has the colours. */
export const Patterns = (): VNode => (
  <svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false">
    <defs>
      <pattern id="fill-delivered" width="8" height="8" patternUnits="userSpaceOnUse">
        <rect class="ink-delivered" width="8" height="8" />
      </pattern>
      <Striped name="external" line="M0 0h8M0 4h8" />
      <Striped name="imported" line="M0 0v8M4 0v8" />
      <Striped name="in-flight" line="M-2 2l4 -4M0 8l8 -8M6 10l4 -4" />
      <Striped name="uncertain" line="M1 2h2M5 6h2" />
      <Striped name="unexplained" line="M0 0l8 8M8 0l-8 8" />
      <Striped name="carried" line="M-2 6l4 4M0 0l8 8M6 -2l4 4" />
      <symbol id="icon-copy" viewBox="0 0 14 14">
        <path class="icon" d="M4.5 4.5h8v8h-8zM9.5 4.5v-3h-8v8h3" />
      </symbol>
    </defs>
  </svg>
);

const Striped = ({ name, line }: { readonly name: string; readonly line: string }): VNode => (
  <pattern id={`fill-${name}`} width="8" height="8" patternUnits="userSpaceOnUse">
    <rect class={`ink-${name}`} width="8" height="8" />
    <path class={`line-${name}`} d={line} fill="none" />
  </pattern>
);
