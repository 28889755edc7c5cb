/** The reasons why an account does not send, in plain words, each with its end. */
import type { CooldownCause } from '../../account/account.js';
import { words } from '../../gap/sentences.js';
import { instant } from './statusGap.js';
import type { StatusWire } from '../../wire/responses.js';

export type Stop = {
  readonly kind: 'disconnected' | 'held' | 'no_credits' | 'cooldown' | 'unverified';
  readonly text: string;
  /** When the stop ends automatically, or since when it holds. */
  readonly at: string | null;
};

/** The reason for a cooldown, as the text after "because". */
const COOLDOWN: Readonly<Record<CooldownCause, string>> = {
  overshoot: 'the counter was far over the cap',
  throttled: 'LinkedIn asked for a pause',
  unclean_end: 'its last workflow ended without a disconnect, so what it sent is not certain',
  identity_in_use: 'another account is the same LinkedIn member, and has sent in its place',
  two_owners: 'two workflows wrote its row, so what was sent is not certain',
};
const isCause = (text: string): text is CooldownCause => Object.hasOwn(COOLDOWN, text);

/** Returns the cause of a cooldown in words; a cause of a newer version as it is. */
export const causeWords = (cause: string): string => (isCause(cause) ? COOLDOWN[cause] : cause);

/** Returns each reason that holds, in the gate's order. */
export const stopsOf = (status: StatusWire): readonly Stop[] =>
  reasonsOf(status).map((stop) =>
    status.mode === 'shadow' && stop.kind !== 'disconnected'
      ? { ...stop, text: `${stop.text} In shadow mode, this stops nothing now.` }
      : stop,
  );

function reasonsOf(status: StatusWire): readonly Stop[] {
  const { hold, breakerUntil, cooldown, state } = status;
  return [
    ...(state === 'disconnected'
      ? [{ kind: state, at: null, text: 'The account is disconnected: it sends nothing.' } as const]
      : []),
    ...(hold
      ? [
          {
            kind: 'held',
            at: hold.since,
            text:
              `The account was stopped by ${hold.actor} at ${words(instant(hold.since))}:` +
              ` ${hold.reason}. It sends nothing until a person resumes it.`,
          } as const,
        ]
      : []),
    ...(breakerUntil
      ? [
          {
            kind: 'no_credits',
            at: breakerUntil,
            text:
              'The InMail credits are used up. The account resumes automatically at' +
              ` ${words(instant(breakerUntil))}, or when a person resumes it.`,
          } as const,
        ]
      : []),
    ...(cooldown
      ? [{ kind: 'cooldown', at: cooldown.until, text: cooldownText(cooldown) } as const]
      : []),
    ...(state === 'unverified'
      ? [
          {
            kind: state,
            at: null,
            text: 'The account waits for a successful reconcile. Until then it sends nothing.',
          } as const,
        ]
      : []),
  ];
}

function cooldownText({
  until,
  cause,
}: {
  readonly until: string;
  readonly cause: string;
}): string {
  const why = causeWords(cause);
  const end = words(instant(until));
  const person = cause === 'unclean_end' ? ', or when a person has checked it and resumes it' : '';
  return `The account is in a cooldown, because ${why}. It ends automatically at ${end}${person}.`;
}
