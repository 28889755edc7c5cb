/** What a command answers, and why a message changed nothing, or not what was asked. */
import type { Account } from './account.js';
import type { Instant } from '../primitives/time.js';
import type { Event } from './events.js';

/** Why a message changed nothing, or not what was asked: told to the caller, never thrown here. */
export const FAILURE_TYPES = [
  'InvalidInput',
  'AccountUnknown',
  'ReservationUnknown',
  'ReservationConflict',
  'ReservationSettled',
  'ChatIdMissing',
  'ChatIdTaken',
  'CapAboveSafeBand',
  'Unavailable',
] as const;
export type FailureType = (typeof FAILURE_TYPES)[number];
export type Refusal = { readonly refused: FailureType; readonly message: string };

/** What a command makes happen, and what its sender hears. */
export type Decided<A> = { readonly events: readonly Event[]; readonly answer: A | Refusal };

export const isRefusal = <A>(answer: A | Refusal): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'refused' in answer;

export const refuse = (
  refused: FailureType,
  message: string,
  events: readonly Event[] = [],
): { events: readonly Event[]; answer: Refusal } => ({ events, answer: { refused, message } });

/** One command of the domain: pure, and told the time. */
export type Command<I, A> = (account: Account, input: I, at: Instant) => Decided<A>;

export type Flaw = { readonly refused: FailureType; readonly message: string };
