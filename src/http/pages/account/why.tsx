/** *Why do my numbers differ?* The support article about one account, from its own rows. */
import type { VNode } from 'preact';
import { parseInstant, type Instant } from '../../../domain/primitives/time.js';
import { NotBefore } from '../ui/canSend.js';
import { crumbsOf, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Left, Section, Dated, When } from '../ui/parts.js';
import { Sentence, Sentences } from '../ui/said.js';
import type { Why, WhyContext, WhyPart } from '../../../domain/diagnostics/why/model.js';

type Props = {
  readonly frame: Frame;
  readonly why: Why;
  /** True if the workflow answered; if not, the page has only the rows. */
  readonly isAsked: boolean;
};

export function WhyPage({ frame, why, isAsked }: Props): VNode {
  const { accountId, customer, parts } = why;
  const isFine = parts.every(({ isNormal }) => isNormal);
  const isEdited = why.beside.some(({ kind }) => kind === 'edited');
  return (
    <Page
      frame={frame}
      title={`Why do my numbers differ? ${accountId}`}
      here="accounts"
      stream={`/v1/accounts/${accountId}/stream`}
    >
      <Head way={crumbsOf(accountId)} title="Why do my numbers differ?">
        <p id="today" class="lead">
          <Sentences all={customer.today} />
        </p>
        {customer.stop.length === 0 ? null : (
          <p id="stop" class="banner banner-warn">
            <Sentences all={customer.stop} />
          </p>
        )}
        <p class="note">
          As of <When at={instantOr(why.asOf, frame.now)} show="full" />
          {isAsked ? '' : ', from Postgres only, because the workflow did not answer or has ended'}.
          Quota day {why.quotaDay}.
        </p>
      </Head>
      <details id="details" open={!isFine || isEdited}>
        <summary>Details: the two numbers, and what they consist of</summary>
        <Details why={why} now={frame.now} isFine={isFine} isEdited={isEdited} />
      </details>
    </Page>
  );
}

function Details({
  why: { counter, logged, headline, parts, customer, canSend, beside: context },
  now,
  isFine,
  isEdited,
}: {
  readonly why: Why;
  readonly now: Instant;
  readonly isFine: boolean;
  readonly isEdited: boolean;
}): VNode {
  return (
    <>
      <div class="card">
        <ul class="plain">
          {customer.details.map((one) => (
            <li key={one.text}>
              <Sentence one={one} />
            </li>
          ))}
        </ul>
        <p id="headline">{headline}</p>
        <p id="can-send">
          <CanSend canSend={canSend} now={now} />.
        </p>
        {parts.length === 0 ? (
          <p class="banner banner-done">
            {isEdited
              ? 'No InMail is missing on either side. Only the row differs.'
              : 'There is nothing to explain.'}
          </p>
        ) : (
          <p class={isFine ? 'banner banner-done' : 'banner banner-warn'}>
            {isFine
              ? 'Every part of the gap is normal. No action is needed.'
              : 'At least one part of the gap is not normal. The list shows what happens next.'}
          </p>
        )}
      </div>
      {parts.length === 0 ? null : (
        <Section
          id="parts"
          title={`The gap of ${counter - logged}, part by part`}
          note={`The counter is ${counter}, and the event log has ${logged}.`}
        >
          <ol class="parts">
            {parts.map((part) => (
              <Part key={`${part.cause}-${part.count}`} part={part} now={now} />
            ))}
          </ol>
        </Section>
      )}
      {context.length === 0 ? null : (
        <Section id="context" title="More about this account">
          <ul class="plain">
            {context.map((one, n) => (
              <Context key={n} one={one} now={now} />
            ))}
          </ul>
        </Section>
      )}
      <TwoNumbers />
    </>
  );
}

const TwoNumbers = (): VNode => (
  <Section id="two" title="Why there are two numbers">
    <p>
      The <strong>counter</strong> goes up before each call to LinkedIn, so that the account never
      sends more than its cap. The <strong>event log</strong> gets a row after LinkedIn has
      answered, with the chat as its proof. So the counter is larger while InMails are in flight.
      Every 10 minutes a reconcile compares the two numbers and corrects the counter. Statistics and
      invoices use only the event log.
    </p>
  </Section>
);

/** Renders the line of the gate, with its instant in the zone of the reader. */
function CanSend({ canSend, now }: Pick<Why, 'canSend'> & { readonly now: Instant }): VNode {
  const { line, notBefore } = canSend;
  const at = notBefore === null ? undefined : parseInstant(notBefore);
  if (at === undefined) return <>{line}</>;
  return (
    <>
      <NotBefore at={at} now={now} />
      {line.slice(line.indexOf('): '))}
    </>
  );
}

function Part({ part, now }: { readonly part: WhyPart; readonly now: Instant }): VNode {
  const { text, count, isNormal, changesAt } = part;
  const at = changesAt === null ? undefined : parseInstant(changesAt);
  return (
    <li class={isNormal ? 'why why-normal' : 'why why-odd'}>
      <strong class="why-count">{count > 0 ? `+${count}` : count}</strong>
      <div>
        <p>
          <Dated text={text} />
        </p>
        <p class="note">
          {isNormal ? '✓ normal' : '▲ not normal'}; {nextOf(part)}
          {at === undefined ? null : (
            <>
              {' '}
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

/** Returns what happens to the part next, before its time if the time is known. */
function nextOf({ cause, isNormal, changesAt }: WhyPart): string {
  const isKnown = changesAt !== null;
  if (cause === 'uncertain') return isKnown ? 'takes room until' : 'a proof or a person settles it';
  if (cause === 'in_flight') return isKnown ? 'settled at the reconcile of' : 'settled since';
  if (isNormal) return isKnown ? 'stays until' : 'stays so';
  return isKnown ? 'corrected at the reconcile of' : 'corrected at the next reconcile';
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
  again: '↺ Contacted again',
  shadow: '◌ Shadow mode',
  late: '↻ Late outcome',
  alert: '▲ Alert',
  correction: '✓ Corrected',
};
const ENDING: readonly string[] = ['cooldown', 'no_credits'];

function Context({ one, now }: { readonly one: WhyContext; readonly now: Instant }): VNode {
  const at = one.at === null ? undefined : parseInstant(one.at);
  const isFuture = at !== undefined && at > now && ENDING.includes(one.kind);
  return (
    <li>
      <strong>{KINDS[one.kind]}</strong>{' '}
      {isFuture ? (
        <span class="note">
          ends in <Left until={at} now={now} />
        </span>
      ) : null}
      <p>
        <Dated text={one.text} />
      </p>
    </li>
  );
}

const instantOr = (text: string, other: Instant): Instant => parseInstant(text) ?? other;
