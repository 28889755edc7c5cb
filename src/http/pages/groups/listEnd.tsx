/** The end of a list that is read in one direction: how many it shows, its CSV file, and more. */
import type { VNode } from 'preact';

type Props = {
  /** How many the page shows, such as `3 groups`. */
  readonly shown: string;
  /** Null: there is nothing to download. */
  readonly csv: string | null;
  /** The address of the first page, if this is a later one. */
  readonly first?: string | null;
  /** The address of the next page; null on the last one. */
  readonly next: string | null;
};

/** Renders the end of a list. */
export const ListEnd = ({ shown, csv, first = null, next }: Props): VNode => (
  <nav class="pager" aria-label="Pages of the list">
    <span>{shown} on this page</span>
    {csv === null ? null : (
      <a href={csv} download>
        Download CSV
      </a>
    )}
    {first === null ? null : <a href={first}>First page</a>}
    {next === null ? null : (
      <a rel="next" href={next}>
        Next →
      </a>
    )}
  </nav>
);
