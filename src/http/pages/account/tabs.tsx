/** The tabs of an account's page: each is a page of its own, and works without a script. */
import type { VNode } from 'preact';

/** Each tab: the end of its address, and its word. */
export const TABS = {
  day: { path: '', word: 'Day' },
  days: { path: '/days', word: 'Days' },
  reservations: { path: '/reservations', word: 'Reservations' },
  changes: { path: '/changes', word: 'Changes' },
  settings: { path: '/settings', word: 'Settings' },
} as const;
export type Tab = keyof typeof TABS;
export const TAB_NAMES: readonly Tab[] = ['day', 'days', 'reservations', 'changes', 'settings'];

export const Tabs = ({
  accountId,
  here,
}: {
  readonly accountId: string;
  readonly here: Tab;
}): VNode => (
  <nav id="tabs" class="tabs" aria-label="Parts of this account">
    {TAB_NAMES.map((tab) => (
      <a
        key={tab}
        href={`/accounts/${accountId}${TABS[tab].path}`}
        aria-current={tab === here ? 'page' : undefined}
      >
        {TABS[tab].word}
      </a>
    ))}
  </nav>
);
