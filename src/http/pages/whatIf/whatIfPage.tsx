/** *What if?* The answer that a request for a slot would get at an instant. Nothing changes. */
import type { VNode } from 'preact';
import { reasonWords } from '../../../domain/diagnostics/canSend/reasonWords.js';
import { parseInstant, type Instant } from '../../../domain/primitives/time.js';
import type { PeekWire, WouldDenyWire } from '../../../domain/wire/decisions.js';
import { crumbsOf, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Section, When } from '../ui/parts.js';

type Props = {
  readonly frame: Frame;
  readonly accountId: string;
  /** The instant of the request, as the reader typed it. */
  readonly asked: string;
  /** Null: the instant is unreadable, or the account does not answer. */
  readonly answer: { readonly at: Instant; readonly decision: PeekWire } | null;
  readonly failure: string | null;
};

export const WhatIfPage = ({ frame, accountId, asked, answer, failure }: Props): VNode => (
  <Page frame={frame} title={`What if? ${accountId}`} here="accounts">
    <Head way={crumbsOf(accountId)} title="What if a slot is requested at another time?">
      <form class="filter" method="get" action={`/accounts/${accountId}/what-if`}>
        <label class={failure === null ? undefined : 'wrong'}>
          Instant, in UTC
          <input
            name="at"
            type="text"
            required
            value={asked}
            aria-invalid={failure === null ? undefined : 'true'}
            aria-describedby={failure === null ? 'at-hint' : 'refusal'}
          />
        </label>
        <button type="submit">Show</button>
      </form>
      <p class="note" id="at-hint">
        For example 2026-11-23 14:03, at most 32 days ahead. The answer assumes that no message
        comes before then. Nothing changes. As of <When at={frame.now} show="full" />.
      </p>
      {failure === null ? null : (
        <p class="banner banner-error" role="alert" id="refusal">
          {failure}
        </p>
      )}
    </Head>
    {answer === null ? null : <Answer {...answer} />}
  </Page>
);

/** In shadow mode, a grant may have a denial that the gate only records (R23). */
const grantedWords = (denied: WouldDenyWire | undefined): string =>
  denied
    ? `granted in shadow mode. Without it, it would be denied: ${reasonWords(denied.reason)}.`
    : 'granted.';

function Answer({ at, decision }: NonNullable<Props['answer']>): VNode {
  const retryAt =
    decision.granted || decision.retryAt === null ? undefined : parseInstant(decision.retryAt);
  return (
    <Section id="answer" title="Answer">
      <p id="decision">
        A request at <When at={at} show="full" /> would be{' '}
        {decision.granted ? (
          grantedWords(decision.wouldDeny)
        ) : (
          <>
            denied: {reasonWords(decision.reason)}
            {retryAt === undefined ? (
              ', until a person acts.'
            ) : (
              <>
                . The first later instant that is granted is <When at={retryAt} show="full" />.
              </>
            )}
          </>
        )}
      </p>
    </Section>
  );
}
