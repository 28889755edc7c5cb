/** The small parts of every page. The renderer escapes all text; no part has an inline style. */
import type { ComponentChildren, VNode } from 'preact';
import { isoInstant, type Instant } from '../../../domain/primitives/time.js';
import { dateOf, duration, minuteOf, timeOf } from './format.js';
import type { Numbers } from './numbers.js';
import { causeWords } from '../../../domain/diagnostics/why/blockers.js';
import { STATE_WORDS } from './words.js';
import type { AccountState } from '../../../domain/gate/accountState.js';

/**
 * Renders an instant in UTC. The script of the page shows it in the reader's zone instead, and the
 * other zones on hover, so that no page has an instant twice.
 */
export function When({
  at,
  show = 'time',
  zone,
}: {
  readonly at: Instant;
  readonly show?: 'time' | 'minute' | 'date' | 'full';
  /** The zone of the account, if the page is not about one account. */
  readonly zone?: string | undefined;
}): VNode {
  const time = show === 'minute' ? minuteOf(at) : timeOf(at);
  const text = show === 'date' ? dateOf(at) : show === 'full' ? `${dateOf(at)}, ${time}` : time;
  return (
    <time dateTime={isoInstant(at)} data-show={show} data-zone={zone}>
      {text} UTC
    </time>
  );
}

/** An instant in a sentence of the domain: its words, and its ISO form in brackets. */
const INSTANT =
  /((?:midnight UTC, the end of|\d\d:\d\d UTC on) \d{1,2} [A-Z][a-z]+) \((\d{4}-[-:.\dT]+Z)\)/;

/** Renders a sentence of the domain; each instant in it is shown as other instants are. */
export const Dated = ({ text }: { readonly text: string }): VNode => {
  const [before = '', words, iso, ...rest] = text.split(INSTANT);
  return (
    <>
      {before}
      {iso === undefined ? null : (
        <>
          <time dateTime={iso} data-show="full">
            {words}
          </time>
          <Dated text={rest.join('')} />
        </>
      )}
    </>
  );
};

/** Renders an id on one line, with a button that copies it. The page's script copies. */
export const Id = ({
  id,
  children,
}: {
  readonly id: string;
  readonly children?: ComponentChildren;
}): VNode => (
  <span class="id">
    <span class="id-text" title={id}>
      {children ?? id}
    </span>
    <button type="button" class="copy" data-copy={id} aria-label={`Copy ${id}`} title="Copy">
      <svg width="14" height="14" aria-hidden="true">
        <use href="#icon-copy" />
      </svg>
    </button>
  </span>
);

/** Renders the age of an instant; the script keeps it up to date. */
export const Ago = ({ at, now }: { readonly at: Instant; readonly now: Instant }): VNode => (
  <span class="tick" data-since={isoInstant(at)}>
    {duration(now - at)} ago
  </span>
);

/** Renders the time until an instant; the script counts down and reloads the page at the end. */
export const Left = ({ until, now }: { readonly until: Instant; readonly now: Instant }): VNode => (
  <span class="tick" data-until={isoInstant(until)}>
    {duration(until - now)}
  </span>
);

export const State = ({ state }: { readonly state: AccountState }): VNode => {
  const { sign, word, means } = STATE_WORDS[state];
  return (
    <span class={`state state-${state}`} title={means}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  );
};

/** Renders the end of a state or its reason; nothing for a state without either. */
export function StateEnd({
  numbers,
  now,
}: {
  readonly numbers: Pick<Numbers, 'state' | 'cooldown' | 'hold' | 'breakerUntil'>;
  readonly now: Instant;
}): VNode | null {
  const { state, cooldown, hold, breakerUntil } = numbers;
  if (state === 'cooldown' && cooldown) return <Ends until={cooldown.until} now={now} />;
  if (state === 'no_credits' && breakerUntil) return <Ends until={breakerUntil} now={now} />;
  return <HeldFor numbers={{ state, hold }} />;
}
/** Renders who held an account, and why; nothing for another state. */
export const HeldFor = ({
  numbers: { state, hold },
}: {
  readonly numbers: Pick<Numbers, 'state' | 'hold'>;
}): VNode | null =>
  state === 'held' && hold ? (
    <span class="end">
      by {hold.actor}: {hold.reason}
    </span>
  ) : null;
const Ends = ({ until, now }: { readonly until: Instant; readonly now: Instant }): VNode => (
  <span class="end">
    ends in <Left until={until} now={now} />
  </span>
);

/** Renders the reason and the end of a cooldown as a sentence. */
export const CooldownLine = ({
  cooldown,
}: {
  readonly cooldown: NonNullable<Numbers['cooldown']>;
}): VNode => (
  <>
    The account is in a cooldown, because {causeWords(cooldown.cause)}. It ends automatically at{' '}
    <When at={cooldown.until} show="full" />.
  </>
);

export const Section = ({
  id,
  title,
  children,
  note,
}: {
  readonly id: string;
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly note?: ComponentChildren;
}): VNode => (
  <section id={id} class="card" aria-labelledby={`${id}-title`}>
    <h2 id={`${id}-title`}>{title}</h2>
    {note === undefined ? null : <p class="note">{note}</p>}
    {children}
  </section>
);

export const Empty = ({ children }: { readonly children: ComponentChildren }): VNode => (
  <p class="empty">{children}</p>
);

/** A column: its word, or its word for a column of figures, which are aligned to the right. */
export type Column = string | { readonly figure: string };

/** Renders a table that scrolls sideways on a narrow screen, also with the keyboard. */
export const Table = ({
  caption,
  head,
  stacks = false,
  children,
}: {
  readonly caption: string;
  readonly head: readonly Column[];
  /** True: on a narrow screen, the parts of a row are below one another, and nothing scrolls. */
  readonly stacks?: boolean;
  readonly children: ComponentChildren;
}): VNode => (
  <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
    <table class={stacks ? 'rows stacks' : 'rows'}>
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>
          {head.map((one) => {
            const isFigure = typeof one !== 'string';
            const word = isFigure ? one.figure : one;
            return (
              <th scope="col" key={word} class={isFigure ? 'number' : undefined}>
                {word}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);
