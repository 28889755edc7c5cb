/** The small pieces of every page. The renderer escapes all text; nothing here is styled inline. */
import type { ComponentChildren, VNode } from 'preact';
import { isoInstant, type Instant } from '../../../domain/primitives/time.js';
import { dateOf, duration, minuteOf, timeOf } from './format.js';
import type { Numbers } from './numbers.js';
import { causeWords } from '../../../domain/diagnostics/why/blockers.js';
import { STATE_WORDS } from './words.js';
import type { AccountState } from '../../../domain/gate/accountState.js';

/** An instant in UTC; the page's script puts the reader's own time before it. */
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

/** How long ago; the script keeps it true. */
export const Ago = ({ at, now }: { readonly at: Instant; readonly now: Instant }): VNode => (
  <span class="tick" data-since={isoInstant(at)}>
    {duration(now - at)} ago
  </span>
);

/** How long it still takes; the script counts it down, and asks for the page again at its end. */
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

/** When a state ends, and why it holds; nothing for one that has no end. */
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
  if (state === 'held' && hold) {
    return (
      <span class="end">
        by {hold.actor}: {hold.reason}
      </span>
    );
  }
  return null;
}
const Ends = ({ until, now }: { readonly until: Instant; readonly now: Instant }): VNode => (
  <span class="end">
    ends in <Left until={until} now={now} />
  </span>
);

/** Why an account cools down, in a sentence. */
export const CooldownLine = ({
  cooldown,
}: {
  readonly cooldown: NonNullable<Numbers['cooldown']>;
}): VNode => (
  <>
    It rests because {causeWords(cooldown.cause)}, until <When at={cooldown.until} show="full" />,
    and then goes on by itself.
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

/** A table that a narrow screen may scroll sideways, by keyboard as well. */
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
