/** *Why do my numbers differ?* The support article about one account, from its own rows. */
import type { VNode } from 'preact';
import { parseInstant, type Instant } from '../../../domain/primitives/time.js';
import { Page, type Frame } from '../ui/layout.js';
import { Left, Section, When } from '../ui/parts.js';
import type { Why, WhyContext, WhyPart } from '../../../domain/diagnostics/why/model.js';

type Props = {
  readonly frame: Frame;
  readonly why: Why;
  /** True if the workflow answered; if not, the page has only the rows. */
  readonly isAsked: boolean;
};

export function WhyPage({ frame, why, isAsked }: Props): VNode {
  const { accountId, counter, logged, headline, parts, beside } = why;
  const gap = counter - logged;
  const isFine = parts.every(({ isNormal }) => isNormal);
  return (
    <Page
      frame={frame}
      title={`Why do my numbers differ? ${accountId}`}
      here="accounts"
      stream={`/v1/accounts/${accountId}/stream`}
    >
      <div class="head">
        <p class="crumbs">
          <a href="/accounts">Accounts</a> / <a href={`/accounts/${accountId}`}>{accountId}</a>
        </p>
        <h1>Why do my numbers differ?</h1>
        <p id="headline" class="lead">
          {headline}
        </p>
        <p class="note">
          Read <When at={instantOr(why.asOf, frame.now)} show="full" />
          {isAsked ? '' : ', from Postgres alone: Temporal was not asked or did not answer'}. Quota
          day {why.quotaDay}.
        </p>
        {parts.length === 0 ? (
          <p class="banner banner-done">Nothing to explain: both numbers are the same.</p>
        ) : (
          <p class={isFine ? 'banner banner-done' : 'banner banner-warn'}>
            {isFine
              ? 'All of it is normal. No person has to do anything.'
              : 'Some of it is unexpected. The list shows what happens next.'}
          </p>
        )}
      </div>
      {parts.length === 0 ? null : (
        <Section
          id="parts"
          title={`The gap of ${gap}, part by part`}
          note={`${counter} on the counter less ${logged} in the event log.`}
        >
          <ol class="parts">
            {parts.map((part) => (
              <Part key={`${part.cause}-${part.count}`} part={part} now={frame.now} />
            ))}
          </ol>
        </Section>
      )}
      {beside.length === 0 ? null : (
        <Section id="beside" title="What else to know">
          <ul class="plain">
            {beside.map((one, n) => (
              <Beside key={n} one={one} now={frame.now} />
            ))}
          </ul>
        </Section>
      )}
      <Section id="two" title="Why there are two numbers">
        <p>
          The <strong>counter</strong> is raised before LinkedIn is called, so that no more than the
          cap can ever go out. The <strong>event log</strong> gets a row once LinkedIn has answered,
          with the chat as its proof. So the counter runs ahead while something is under way, and
          every ten minutes the two are held against each other. Statistics and invoices come from
          the event log only.
        </p>
      </Section>
    </Page>
  );
}

function Part({ part, now }: { readonly part: WhyPart; readonly now: Instant }): VNode {
  const { text, count, cause, isNormal, rightAt } = part;
  const at = rightAt === null ? undefined : parseInstant(rightAt);
  return (
    <li class={isNormal ? 'why why-normal' : 'why why-odd'}>
      <strong class="why-count">{count > 0 ? `+${count}` : count}</strong>
      <div>
        <p>{text}</p>
        <p class="note">
          {isNormal ? '✓ normal' : '▲ unexpected'}
          {at === undefined ? (
            '; a proof, a person or the next reconcile corrects it'
          ) : (
            <>
              ; {cause === 'uncertain' ? 'takes room until' : 'right by'}{' '}
              <When at={at} show="full" />
              {at > now ? (
                <>
                  , in <Left until={at} now={now} />
                </>
              ) : null}
            </>
          )}
        </p>
      </div>
    </li>
  );
}

const KINDS: Readonly<Record<WhyContext['kind'], string>> = {
  disconnected: '○ Disconnected',
  held: '■ Held',
  no_credits: '∅ No credits',
  cooldown: '◔ Cooldown',
  unverified: '? Unverified',
  unsaved: '… Being saved',
  edited: '✎ Edited manually',
  carried: '→ Carried over',
  external: '✎ Sent manually',
  late: '↻ Came late',
  alert: '▲ Alert',
  correction: '✓ Corrected',
};
const ENDING: readonly string[] = ['cooldown', 'no_credits'];

function Beside({ one, now }: { readonly one: WhyContext; readonly now: Instant }): VNode {
  const at = one.at === null ? undefined : parseInstant(one.at);
  const isToCome = at !== undefined && at > now && ENDING.includes(one.kind);
  return (
    <li>
      <strong>{KINDS[one.kind]}</strong>{' '}
      {isToCome ? (
        <span class="note">
          ends in <Left until={at} now={now} />
        </span>
      ) : null}
      <p>{one.text}</p>
    </li>
  );
}

const instantOr = (text: string, other: Instant): Instant => parseInstant(text) ?? other;
