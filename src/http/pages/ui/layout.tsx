/** The frame of every page: head, navigation, the live status line, and main. */
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { SEARCH_MAX } from '../../../domain/wire/search.js';
import type { Brake } from '../../../domain/fleet/brake.js';
import { isoInstant, parseInstant, type Instant } from '../../../domain/primitives/time.js';
import type { Caller } from '../../access/caller.js';
import type { OpenCounts } from '../../../postgres/alerts/alerts.js';
import { Patterns } from './bar.js';
import { whole } from './format.js';
import { When } from './parts.js';

/** The addresses of the style sheet and the scripts: each name contains a hash of the content. */
export type AssetUrls = {
  readonly css: string;
  readonly morph: string;
  readonly live: string;
  readonly controls: string;
  readonly icon: string;
};

export type Frame = {
  readonly assets: AssetUrls;
  readonly now: Instant;
  /** Null if the reader is not logged in. */
  readonly caller: Caller | null;
  /** The result of the last action, shown once. */
  readonly flash?: string | undefined;
  /** The open alerts that the reader may see; null if they are not known. */
  readonly alerts?: OpenCounts | null;
  /** The brake that is on, of all accounts first; null: it is off, or not known (R27). */
  readonly brake?: Brake | null;
};
type PageProps = {
  readonly frame: Frame;
  readonly title: string;
  readonly here?: Here;
  /** The stream that reports changes of this page; null for a page that does not change. */
  readonly stream?: string | null;
  /** The zone of the account of the page, for the other zones of an instant. */
  readonly zone?: string | undefined;
  /** The text in the search field. */
  readonly searched?: string;
  readonly children?: ComponentChildren;
};

const ROLE_WORDS = { operator: 'operator', pipeline: 'pipeline key', reader: 'read only' } as const;

export function Page(props: PageProps): VNode {
  const { frame, title, here, stream = null, zone, searched, children } = props;
  const { assets, caller, flash, now } = frame;
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Safeband`}</title>
        <link rel="stylesheet" href={assets.css} />
        <link rel="icon" href={assets.icon} type="image/svg+xml" />
        <script src={assets.morph} defer />
        <script src={assets.live} type="module" />
        <script src={assets.controls} type="module" />
      </head>
      <body data-stream={stream ?? undefined}>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <Patterns />
        <header>
          <a class="brand" href="/accounts">
            Safeband
          </a>
          {caller ? <Navigation here={here} alerts={frame.alerts ?? null} /> : null}
          {caller ? <Find text={searched} /> : null}
          <p id="live" class="live" role="status" hidden={true} />
          {caller ? <Session caller={caller} /> : null}
        </header>
        <main id="main" tabIndex={-1} data-now={isoInstant(now)} data-zone={zone}>
          {frame.brake ? <Braked brake={frame.brake} /> : null}
          <p id="lost" class="banner banner-lost" hidden={true} />
          {flash === undefined ? null : (
            <p id="flash" class="banner banner-done" role="status">
              {flash}
            </p>
          )}
          {children}
        </main>
        <footer>
          The counter decides whether an account may send. Statistics come from the event log only.
          Quota days are UTC days. <span id="zone">Times are in UTC.</span>
        </footer>
      </body>
    </html>
  );
}

/** Renders the first thing to know in an incident: that nothing is sent, and where to end that. */
const Braked = ({ brake: { group, since } }: { readonly brake: Brake }): VNode => (
  <p id="braked" class="banner banner-error">
    <strong>The brake is on</strong> since <When at={parseInstant(since) ?? 0} show="full" />: no
    account{group === null ? '' : ` of the group ${group}`} gets a slot.{' '}
    <a href="/fleet#brake">Who, why, and release</a>
  </p>
);

type Here = 'accounts' | 'alerts' | 'campaigns' | 'fleet' | 'runbook';
const Navigation = ({
  here,
  alerts,
}: {
  readonly here: Here | undefined;
  readonly alerts: OpenCounts | null;
}): VNode => (
  <nav aria-label="Pages">
    <a href="/accounts" aria-current={here === 'accounts' ? 'page' : undefined}>
      Accounts
    </a>
    <a id="nav-alerts" href="/alerts" aria-current={here === 'alerts' ? 'page' : undefined}>
      Alerts
      {alerts === null ? null : <Badge alerts={alerts} />}
    </a>
    <a href="/campaigns" aria-current={here === 'campaigns' ? 'page' : undefined}>
      Campaigns
    </a>
    <a href="/fleet" aria-current={here === 'fleet' ? 'page' : undefined}>
      Fleet
    </a>
    <a href="/runbook" aria-current={here === 'runbook' ? 'page' : undefined}>
      Runbook
    </a>
  </nav>
);

/** Renders how many alerts wait for a person; nothing if none does. */
const Badge = ({ alerts: { critical, warning } }: { readonly alerts: OpenCounts }): VNode | null =>
  critical + warning === 0 ? null : (
    <span id="open-alerts" class={critical > 0 ? 'badge badge-critical' : 'badge'}>
      {whole(critical + warning)}
      <span class="hidden">
        {' '}
        open: {critical} critical, {warning} warning
      </span>
    </span>
  );

const FIND = 'Find an account, reservation, recipient, chat or campaign';
/** Renders the search field; on the page of its results, it applies while a person types. */
const Find = ({ text }: { readonly text: string | undefined }): VNode => (
  <form
    class="find"
    method="get"
    action="/search"
    role="search"
    aria-label="Find"
    data-apply={text === undefined ? undefined : 'now'}
  >
    <input
      type="search"
      name="q"
      value={text}
      maxLength={SEARCH_MAX}
      placeholder="Find an id"
      aria-label={FIND}
      title={FIND}
      required
    />
    <button type="submit" class="quiet">
      Find
    </button>
  </form>
);

const Session = ({ caller }: { readonly caller: Caller }): VNode => (
  <form class="session" method="post" action="/logout">
    <span>
      {caller.name} <span class="note">{ROLE_WORDS[caller.role]}</span>
    </span>
    <button type="submit" class="quiet">
      Log out
    </button>
  </form>
);

/** Renders a page with a single message, such as an error. */
export const Message = ({
  frame,
  title,
  children,
}: {
  readonly frame: Frame;
  readonly title: string;
  readonly children?: ComponentChildren;
}): VNode => (
  <Page frame={frame} title={title}>
    <div class="message">
      <h1>{title}</h1>
      {children}
      <p>
        <a href="/accounts">All accounts</a>
      </p>
    </div>
  </Page>
);

export const htmlOf = (page: VNode): string => `<!doctype html>${renderToString(page)}`;
