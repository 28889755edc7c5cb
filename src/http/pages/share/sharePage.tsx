/**
 * A shared link: the day of one account for its owner, who has no key. The page has no navigation
 * and no id, and no text that a person wrote.
 */
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { isoDay, isoInstant, startOf, type Instant } from '../../../domain/primitives/time.js';
import { DayChart } from '../account/dayChart.js';
import { Patterns } from '../ui/bar.js';
import { dateOf, many } from '../ui/format.js';
import type { AssetUrls } from '../ui/layout.js';
import { Section, When } from '../ui/parts.js';
import { Sentence, Sentences } from '../ui/said.js';
import type { ShareData, SharedDay } from './shareData.js';

type Shell = {
  readonly assets: AssetUrls;
  readonly now: Instant | null;
  readonly timezone?: string;
};

/** Renders the frame; `now` null is a page that stays as it is. */
const Outside = ({
  assets,
  now,
  timezone,
  children,
  foot,
}: Shell & { readonly children: ComponentChildren; readonly foot?: ComponentChildren }): VNode => (
  <html lang="en">
    <head>
      <meta charSet="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex, nofollow" />
      <meta name="referrer" content="no-referrer" />
      <title>InMails today</title>
      <link rel="stylesheet" href={assets.css} />
      <link rel="icon" href={assets.icon} type="image/svg+xml" />
      {now === null ? null : (
        <>
          <script src={assets.morph} defer />
          <script src={assets.live} type="module" />
        </>
      )}
    </head>
    <body data-asks={now === null ? undefined : 'again'}>
      <Patterns />
      <header>
        <span class="brand">Safeband</span>
        <p id="live" class="live" role="status" hidden={true} />
      </header>
      <main
        id="main"
        tabIndex={-1}
        data-now={now === null ? undefined : isoInstant(now)}
        data-zone={timezone}
      >
        <p id="lost" class="banner banner-lost" hidden={true} />
        {children}
      </main>
      <footer>{foot}</footer>
    </body>
  </html>
);

type Props = {
  readonly assets: AssetUrls;
  readonly data: ShareData;
  readonly now: Instant;
  readonly expiresAt: Instant;
};

/** Renders the account of a link that is valid. */
export function SharePage({ assets, data, now, expiresAt }: Props): VNode {
  const { customer, days, asOf, reloadsAt } = data;
  return (
    <Outside
      assets={assets}
      now={now}
      timezone={data.timezone}
      foot={
        <>
          This link is valid until <When at={expiresAt} show="full" />. It shows one LinkedIn
          account, and changes nothing.
        </>
      }
    >
      <div class="head">
        <h1>Your InMails today</h1>
        <p id="today" class="lead">
          <Sentences all={customer.today} />
        </p>
        {customer.stop.length === 0 ? null : (
          <p id="stop" class="banner banner-warn">
            <Sentences all={customer.stop} />
          </p>
        )}
        <p class="note">
          As of <When at={asOf} show="full" />.
        </p>
        {reloadsAt.map((at) => (
          <span key={at} class="tick" hidden={true} data-until={isoInstant(at)} />
        ))}
      </div>
      <Chart data={data} now={now} />
      <Section
        id="days"
        title="The last 7 days"
        note="A day begins and ends at midnight UTC. Each number is the InMails that were sent."
      >
        <ol class="shared-days">
          {days.map((one) => (
            <Day key={one.day} one={one} most={Math.max(1, ...days.map(({ sent }) => sent))} />
          ))}
        </ol>
      </Section>
      <details id="details" class="card">
        <summary>What the numbers consist of</summary>
        <ul class="plain">
          {customer.details.map((one) => (
            <li key={one.text}>
              <Sentence one={one} />
            </li>
          ))}
        </ul>
      </details>
    </Outside>
  );
}

function Chart({ data, now }: { readonly data: ShareData; readonly now: Instant }): VNode {
  const { customer, day, limit, counter, delivered, pauses } = data;
  const label =
    `${isoDay(day)}: ${many(customer.sent, 'InMail')} sent, ${customer.maybe} perhaps sent, ` +
    `of a limit of ${limit}`;
  return (
    <Section id="day" title="Today, hour by hour">
      <DayChart
        day={day}
        now={now}
        cap={limit}
        counter={counter}
        delivered={delivered}
        corrections={[]}
        cooldowns={pauses}
        owner={{ label, ...OWNER }}
      />
      <p class="note" id="zone">
        Times are in UTC.
      </p>
    </Section>
  );
}

const OWNER = {
  counter: 'sent, and perhaps sent',
  log: 'sent',
  cap: 'limit',
  cooldown: 'pause',
} as const;

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const Day = ({ one, most }: { readonly one: SharedDay; readonly most: number }): VNode => {
  const start = startOf(one.day);
  const weekday = WEEKDAYS[new Date(start).getUTCDay()] ?? '';
  return (
    <li>
      <span>
        {weekday} {dateOf(start)}
      </span>
      <svg class="bar" width="100%" aria-hidden="true">
        <rect class="room" width="100%" height="100%" />
        <rect
          class="part part-delivered"
          width={`${Math.round((100 * one.sent) / most)}%`}
          height="100%"
          fill="url(#fill-delivered)"
        />
      </svg>
      <strong>{one.sent}</strong>
    </li>
  );
};

/**
 * Renders the same page for each link that is not valid: expired, revoked, forged, or never made.
 * It has no time, so that two answers do not differ.
 */
export const NoSharePage = ({ assets }: { readonly assets: AssetUrls }): VNode => (
  <Outside assets={assets} now={null}>
    <div class="message">
      <h1>This link is no longer valid</h1>
      <p>Ask the person who sent you the link for a new one.</p>
    </div>
  </Outside>
);

/** Renders that the server cannot answer now; the link itself may be valid. */
export const LaterPage = ({ assets }: { readonly assets: AssetUrls }): VNode => (
  <Outside assets={assets} now={null}>
    <div class="message">
      <h1>The numbers cannot be shown right now</h1>
      <p>Load this page again in a minute. Your account and its numbers are safe.</p>
    </div>
  </Outside>
);

export const outsideHtml = (page: VNode): string => `<!doctype html>${renderToString(page)}`;
