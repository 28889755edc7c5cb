/** The small parts of every page. The renderer escapes all text; no part has an inline style. */
import type { ComponentChildren, VNode } from 'preact';
import { isoInstant, type Instant } from '../../../domain/primitives/time.js';
import { dateOf, duration, minuteOf, timeOf } from './format.js';
import type { Numbers } from './numbers.js';
import { causeWords } from '../../../domain/diagnostics/why/blockers.js';
import { STATE_WORDS } from './words.js';
import type { AccountState } from '../../../domain/gate/accountState.js';

/** Renders an instant in UTC; the script of the page adds the reader's local time. */
export function When({
  at,
  show = 'time',
}: {
  readonly at: Instant;
  readonly show?: 'time' | 'minute' | 'date' | 'full';
}): VNode {
  const time = show === 'minute' ? minuteOf(at) : timeOf(at);
  const text = show === 'date' ? dateOf(at) : show === 'full' ? `${dateOf(at)}, ${time}` : time;
  return (
    <time dateTime={isoInstant(at)} data-show={show}>
      <span class="utc">{text} UTC</span>
    </time>
  );
}

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
    The account pauses because {causeWords(cooldown.cause)}. It resumes automatically at{' '}
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

/** Renders a table that scrolls sideways on a narrow screen, also with the keyboard. */
export const Table = ({
  caption,
  head,
  children,
}: {
  readonly caption: string;
  readonly head: readonly string[];
  readonly children: ComponentChildren;
}): VNode => (
  <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
    <table>
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>
          {head.map((one) => (
            <th scope="col" key={one}>
              {one}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);
