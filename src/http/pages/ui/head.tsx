/** The head of a page: the pages above it, its title, and its first sentences. */
import type { ComponentChildren, VNode } from 'preact';

/** An address, and its word. */
export type Crumb = readonly [href: string, word: string];

export const CRUMBS = {
  accounts: ['/accounts', 'Accounts'],
  alerts: ['/alerts', 'Alerts'],
  campaigns: ['/campaigns', 'Campaigns'],
  fleet: ['/fleet', 'Fleet'],
} as const satisfies { readonly [name: string]: Crumb };

/** Returns the way to a page about an account. */
export const crumbsOf = (accountId: string): readonly Crumb[] => [
  CRUMBS.accounts,
  [`/accounts/${accountId}`, accountId],
];

/** Renders the pages above this one. */
export const Crumbs = ({ way }: { readonly way: readonly Crumb[] }): VNode => (
  <p class="crumbs">
    {way.map(([href, word], n) => (
      <>
        {n === 0 ? '' : ' / '}
        <a href={href}>{word}</a>
      </>
    ))}
  </p>
);

export const Head = ({
  way,
  title,
  children,
}: {
  readonly way: readonly Crumb[];
  readonly title: string;
  readonly children?: ComponentChildren;
}): VNode => (
  <div class="head">
    <Crumbs way={way} />
    <h1>{title}</h1>
    {children}
  </div>
);
