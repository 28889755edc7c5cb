/** The messages, replies and faults that a workflow run has not yet handled. */
import type { ReplyTo } from '../domain/wire/replyTo.js';
import type { ReplyWire } from '../domain/wire/decisions.js';

/** The number of single messages that were taken; 0 if the first has to wait for a check. */
export type Weight = number;
/** One message. A Signal's payload is decoded when it is taken; an Update names its function. */
export type Entry = {
  readonly number: number;
  readonly name: string;
  readonly isAsk: boolean;
  readonly read: () => unknown;
  readonly update: Update | null;
};
/** How an Update is taken, or refused if it cannot be taken. */
export type Update = {
  readonly take: (number: number) => Weight;
  readonly refuse: (error: unknown) => Weight;
};

/** A Signal that the run before has not taken. */
export type Waiting = { readonly name: string; readonly raw: unknown };

export type Reply = { readonly to: ReplyTo; readonly answer: ReplyWire };

export type Trouble = {
  readonly kind: 'bad_signal' | 'chat_id_taken' | 'reply_failed';
  readonly message: string;
  readonly why: string;
};

type Untaken = { readonly waiting: readonly Entry[]; readonly inbox: readonly Entry[] };
/** Returns the Signals that no run has taken, in the form in which the next run gets them. */
export const untakenOf = ({ waiting, inbox }: Untaken): readonly Waiting[] =>
  [...waiting, ...inbox].map(({ name, read }) => ({ name, raw: read() }));
