/** The answers of commands, and the reasons why a message was refused. */
import type { Account } from './account.js';
import type { Instant } from '../primitives/time.js';
import type { Event } from './events.js';

/** The types of a refusal. The domain returns a refusal to the caller and never throws it. */
export const FAILURE_TYPES = [
  'InvalidInput',
  'AccountUnknown',
  'ReservationUnknown',
  'ChatUnknown',
  'ReservationConflict',
  'ReservationSettled',
  'ChatIdMissing',
  'ChatIdTaken',
  'CapAboveSafeBand',
  'Unavailable',
] as const;
export type FailureType = (typeof FAILURE_TYPES)[number];
export type Refusal = { readonly refused: FailureType; readonly message: string };

/** The facts of a command, and the answer to its sender. */
export type Decided<A> = { readonly events: readonly Event[]; readonly answer: A | Refusal };

export const isRefusal = <A>(answer: A | Refusal): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'refused' in answer;

export const refuse = (
  refused: FailureType,
  message: string,
  events: readonly Event[] = [],
): { events: readonly Event[]; answer: Refusal } => ({ events, answer: { refused, message } });

/** One command of the domain: a pure function that receives the time. */
export type Command<I, A> = (account: Account, input: I, at: Instant) => Decided<A>;

export type Flaw = { readonly refused: FailureType; readonly message: string };
