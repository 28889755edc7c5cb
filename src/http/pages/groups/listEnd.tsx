/** The end of a list that is read in one direction: how many it shows, its CSV file, and more. */
import type { VNode } from 'preact';

type Props = {
  /** How many the page shows, such as `3 groups`. */
  readonly shown: string;
  readonly csv: string;
  /** The address of the next page; null on the last one. */
  readonly next: string | null;
};

/** Renders the end of a list. */
export const ListEnd = ({ shown, csv, next }: Props): VNode => (
  <nav class="pager" aria-label="Pages of the list">
    <span>{shown} on this page</span>
    <a href={csv} download>
      Download CSV
    </a>
    {next === null ? null : (
      <a rel="next" href={next}>
        Next →
      </a>
    )}
  </nav>
);
