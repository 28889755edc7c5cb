/** *History*: the numbers that the gate used at an instant, rebuilt from rows. */
import type { VNode } from 'preact';
import type { StateAt } from '../../../domain/diagnostics/asOf/stateAt.js';
import { isoInstant, parseInstant, type Instant } from '../../../domain/primitives/time.js';
import { Bar } from '../ui/bar.js';
import { crumbsOf, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { numbersOfStatus } from '../ui/numbers.js';
import { Empty, Section, State, When } from '../ui/parts.js';
import { Sum } from '../ui/sum.js';
import { causeWords } from '../../../domain/diagnostics/why/blockers.js';
import { CAP_WORDS } from '../ui/words.js';
import type { PeekWire } from '../../../domain/wire/decisions.js';

type Props = {
  readonly frame: Frame;
  readonly accountId: string;
  /** The instant of the request, as the reader typed it. */
  readonly asked: string;
  /** Null: the reader has not chosen an instant, or it is unreadable. */
  readonly state: StateAt | null;
  readonly failure: string | null;
};

export const HistoryPage = ({ frame, accountId, asked, state, failure }: Props): VNode => (
  <Page frame={frame} title={`History: ${accountId}`} here="accounts">
    <Head way={crumbsOf(accountId)} title="What did the gate see?">
      <form class="filter" method="get" action={`/accounts/${accountId}/history`}>
        <label class={failure === null ? undefined : 'wrong'}>
          Instant, in UTC
          <input
            name="at"
            type="text"
            required
            value={asked}
            placeholder="2026-11-23T14:03:07Z"
            aria-invalid={failure === null ? undefined : 'true'}
            aria-describedby={failure === null ? 'at-hint' : 'refusal'}
          />
        </label>
        <button type="submit">Show</button>
      </form>
      <p class="note" id="at-hint">
        For example 2026-11-23T14:03:07Z, or 2026-11-23 14:03.
      </p>
      {failure === null ? null : (
        <p class="banner banner-error" role="alert" id="refusal">
          {failure}
        </p>
      )}
    </Head>
    {state === null ? null : <Then state={state} />}
  </Page>
);

function Then({ state }: { readonly state: StateAt }): VNode {
  const numbers = numbersOfStatus(state.status);
  const { counter, caps, remaining, cooldown, hold } = numbers;
  return (
    <>
      <p class={state.isExact ? 'banner banner-done' : 'banner banner-warn'}>
        {state.isExact
          ? 'Exact: the rows of each of these numbers have their own times.'
          : state.notes.join(' ')}
      </p>
      <Section id="then" title={`${state.accountId} at ${state.at}`}>
        <p>
          <State state={numbers.state} />{' '}
          {cooldown ? (
            <span class="end">
              until <When at={cooldown.until} show="full" />: {causeWords(cooldown.cause)}
            </span>
          ) : null}{' '}
          {hold ? (
            <span class="end">
              by {hold.actor}: {hold.reason}
            </span>
          ) : null}
        </p>
        <p class="lead">
          <strong id="counter">{counter}</strong> of {caps.effective}: {CAP_WORDS[caps.binding]}{' '}
          applied. Room for {remaining} more.
        </p>
        <Bar numbers={numbers} tall={true} />
        <Sum numbers={numbers} />
        <Decision decision={state.decision} />
      </Section>
      <div class="columns">
        <Moments id="before" title="Before" moments={state.before} />
        <Moments id="after" title="After" moments={state.after} />
      </div>
    </>
  );
}

function Decision({ decision }: { readonly decision: PeekWire }): VNode {
  if (decision.granted) {
    const denied = decision.wouldDeny;
    return (
      <p id="decision">
        A reserve at that instant would have been granted
        {denied
          ? ` in shadow mode. Without it, it would have been denied: ${denied.reason.replaceAll('_', ' ')}`
          : ''}
        .
      </p>
    );
  }
  const { reason, retryAt } = decision;
  const at = retryAt === null ? undefined : parseInstant(retryAt);
  return (
    <p id="decision">
      A reserve at that instant would have been denied:{' '}
      <strong>{reason.replaceAll('_', ' ')}</strong>
      {at === undefined ? (
        ', until a person acts.'
      ) : (
        <>
          . The caller could ask again at <When at={at} show="full" />.
        </>
      )}
    </p>
  );
}

const Moments = ({
  id,
  title,
  moments,
}: {
  readonly id: string;
  readonly title: string;
  readonly moments: StateAt['before'];
}): VNode => (
  <Section id={id} title={title}>
    {moments.length === 0 ? (
      <Empty>None.</Empty>
    ) : (
      <ol class="plain-list">
        {moments.map(({ at, text }) => (
          <li key={`${at}${text}`} class="moment">
            <When at={Date.parse(at)} show="full" /> {text}
          </li>
        ))}
      </ol>
    )}
  </Section>
);

/** Reads an instant as people type it; a text without seconds is the beginning of the minute. */
export function instantOf(text: string): Instant | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)? ?(?:Z|UTC)?$/i.exec(
    text.trim(),
  );
  if (!parts) return undefined;
  const [, day, minute, seconds = ':00'] = parts;
  return parseInstant(`${day}T${minute}${seconds}Z`);
}

/** Returns the instant that the form shows before the reader has chosen an instant. */
export const anHourAgo = (now: Instant): string => isoInstant(now - 3_600_000).slice(0, 19) + 'Z';
