/** "Can it send?" as pages show it: green is only for accounts that can send. */
import type { VNode } from 'preact';
import {
  dayOf,
  isoInstant,
  parseInstant,
  SECOND_MS,
  type Instant,
} from '../../../domain/primitives/time.js';
import { sendingOf } from '../../../domain/wire/canSend.js';
import { canSendParts } from '../../../status/canSend.js';
import { SENDING_WORDS } from './words.js';
import type { Numbers } from './numbers.js';
import { Left, When } from './parts.js';

/** Renders the line; the script of the page counts down, and reloads the page at the end. */
export function CanSendLine({
  numbers,
  now,
}: {
  readonly numbers: Numbers;
  readonly now: Instant;
}): VNode {
  const { before, at, after } = canSendParts(numbers, now);
  const sending = sendingOf(numbers);
  return (
    <span class={`sending sending-${numbers.canSend.wouldDeny ? 'waits' : sending}`}>
      <span aria-hidden="true">{SENDING_WORDS[sending].sign}</span>{' '}
      <span>
        {at === null ? (
          before
        ) : (
          <>
            <NotBefore at={at} now={now} zone={numbers.timezone} />
            {after}
          </>
        )}
      </span>
      <Closing numbers={numbers} />
    </span>
  );
}

/** Renders when it can send, up to the length of time, which counts down. */
export const NotBefore = ({ at, now, zone }: UntilProps): VNode => (
  <>
    Not before <Until at={at} now={now} zone={zone} /> (in <Left until={at} now={now} />
  </>
);

type UntilProps = {
  readonly at: Instant;
  readonly now: Instant;
  readonly zone?: string | undefined;
};
/** Renders the instant rounded up to a second, because before it nothing is granted. */
const Until = ({ at, now, zone }: UntilProps): VNode => (
  <When
    at={Math.ceil(at / SECOND_MS) * SECOND_MS}
    show={dayOf(at) === dayOf(now) ? 'time' : 'full'}
    zone={zone}
  />
);

/** Renders nothing that people see: the page is loaded again when the sending window closes. */
function Closing({ numbers }: { readonly numbers: Numbers }): VNode | null {
  const { until } = numbers.canSend;
  const at = until === null ? undefined : parseInstant(until);
  return at === undefined ? null : <span class="tick" hidden={true} data-until={isoInstant(at)} />;
}
