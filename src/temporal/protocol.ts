/** Names on the wire (docs/contract.md, 2), and the failures that refuse a message. */
import { defineQuery, defineUpdate, ApplicationFailure } from '@temporalio/workflow';
import type { QueryDefinition, UpdateDefinition } from '@temporalio/common';
import type { Failed } from '../domain/commands/fail.js';
import type { Delivered } from '../domain/commands/deliver.js';
import type { CreditsAnswer } from '../domain/commands/credits.js';
import type { ReplyAnswer } from '../domain/commands/reply.js';
import type { Observed } from '../domain/commands/observe.js';
import {
  parseBatch,
  parseCredits,
  parseDeliver,
  parseFail,
  parseObserve,
  parseReply,
  parseReserve,
  parseSettle,
  parseWithdraw,
  type ReplySeen,
} from '../domain/wire/requests.js';
import { parseResume } from '../domain/fleet/order.js';
import type { Parser } from '../domain/wire/message.js';
import {
  parseConfigure,
  parseDisconnect,
  parseEmpty,
  parseOrder,
  parseStart,
  type Empty,
} from '../domain/wire/adminRequests.js';
import {
  ACCOUNT_WORKFLOW,
  BRAKE_WORKFLOW,
  FLEET_AUDIT_SCHEDULE,
  ORDER_WORKFLOW,
  RESET_SIGNAL,
  WEBHOOKS_SCHEDULE,
} from '../domain/wire/replyTo.js';
import type { HoldAnswer, ResumeAnswer, StateAnswer } from '../domain/commands/administer.js';
import type { PolicyWire } from '../domain/commands/policyAnswer.js';
import type { ReservationWire, StatusWire } from '../domain/wire/responses.js';
import type { Refusal } from '../domain/account/refusals.js';
import type {
  AnswerWire,
  DecisionWire,
  PeekWire,
  WaitingAskWire,
} from '../domain/wire/decisions.js';
import type { Withdrawn } from '../domain/commands/turns.js';
import type { Settled } from '../domain/commands/settle.js';

export const TASK_QUEUE = 'inmail';
export const WORKFLOW_TYPE = 'inmailAccount';
/** The second argument of an account's workflow. Older code ignores it. */
export type StartHint = {
  /** True if Temporal had no run of the account, also none that has ended (R13). */
  readonly isFirstRun: boolean;
};
/** The audit of all accounts, and the Schedule that starts it. */
export const FLEET_AUDIT = { workflowType: 'inmailFleetAudit', scheduleId: FLEET_AUDIT_SCHEDULE };
/** The sender of webhooks, and the Schedule that keeps one running. */
export const WEBHOOKS = { workflowType: 'inmailWebhooks', scheduleId: WEBHOOKS_SCHEDULE };
/** The brake of the fleet (R27): its type, its Updates, and its id on the task queue `inmail`. */
export const BRAKE = {
  workflowType: 'inmailBrake',
  workflowId: BRAKE_WORKFLOW,
  engage: 'engage',
  release: 'release',
} as const;
/** The workflow of an order on many accounts (R30). */
export const ORDER = { workflowType: 'inmailOrder' } as const;
export const orderWorkflowId = (orderId: string): string => `${ORDER_WORKFLOW}${orderId}`;
/** Returns the id of the brake: each task queue is a fleet of its own. */
export const brakeWorkflowId = (taskQueue: string): string =>
  taskQueue === TASK_QUEUE ? BRAKE_WORKFLOW : `${BRAKE_WORKFLOW}/${taskQueue}`;
/**
 * Types of an activity's failure: its transaction may still be committed, or certainly is not.
 */
export const COMMIT_UNKNOWN = 'CommitUnknown';
export const NOT_COMMITTED = 'NotCommitted';
/** The workflow of an account, for as long as it is connected. */
export const workflowIdOf = (accountId: string): string => `${ACCOUNT_WORKFLOW}${accountId}`;
export const SEARCH_ATTRIBUTES = { state: 'InmailState', tier: 'InmailTier' } as const;

/** The failure of a Query that came before its workflow was in a worker's memory. */
export const ASK_AGAIN = 'the worker reads the workflow into its memory; ask again';

/** Names that begin with this are the SDK's own. */
export const RESERVED_PREFIX = '__temporal_';
export { RESET_SIGNAL };

/** One message: the same name and payload as a Signal and as an Update. */
export type Message<I, O> = {
  readonly name: string;
  readonly update: UpdateDefinition<O, [unknown]>;
  readonly parse: Parser<I>;
};
const message = <I, O>(name: string, parse: Parser<I>): Message<I, O> => ({
  name,
  update: defineUpdate<O, [unknown]>(name),
  parse,
});

/** The answer for an item of a batch that could not be decided (docs/contract.md, 2). */
export type ItemError = {
  readonly granted: false;
  readonly reservationId: string | null;
  readonly error: { readonly type: string; readonly message: string };
};
/** The answer of `reconcileNow`. */
export type Findings = {
  readonly runId: string;
  readonly drift: number;
  readonly healed: boolean;
  readonly alerted: boolean;
  readonly cooled: boolean;
};
export type BatchAnswer = { readonly decisions: readonly (AnswerWire | ItemError)[] };

export const messages = {
  connect: message<ReturnOf<typeof parseStart>, StateAnswer>('connect', parseStart),
  sendReserve: message<ReturnOf<typeof parseReserve>, AnswerWire>('sendReserve', parseReserve),
  sendReserveBatch: message<ReturnOf<typeof parseBatch>, BatchAnswer>(
    'sendReserveBatch',
    parseBatch,
  ),
  sendWithdraw: message<ReturnOf<typeof parseWithdraw>, Withdrawn>('sendWithdraw', parseWithdraw),
  sendDelivered: message<ReturnOf<typeof parseDeliver>, Delivered>('sendDelivered', parseDeliver),
  sendFailed: message<ReturnOf<typeof parseFail>, Failed>('sendFailed', parseFail),
  sendObserved: message<ReturnOf<typeof parseObserve>, Observed>('sendObserved', parseObserve),
  creditsObserved: message<ReturnOf<typeof parseCredits>, CreditsAnswer>(
    'creditsObserved',
    parseCredits,
  ),
  replyObserved: message<ReplySeen, ReplyAnswer>('replyObserved', parseReply),
  configure: message<ReturnOf<typeof parseConfigure>, PolicyWire>('configure', parseConfigure),
  hold: message<ReturnOf<typeof parseOrder>, HoldAnswer>('hold', parseOrder),
  resume: message<ReturnOf<typeof parseResume>, ResumeAnswer>('resume', parseResume),
  settleByOperator: message<ReturnOf<typeof parseSettle>, Settled>('settleByOperator', parseSettle),
  reconcileNow: message<Empty, Findings>('reconcileNow', parseEmpty),
  disconnect: message<ReturnOf<typeof parseDisconnect>, { readonly state: 'disconnected' }>(
    'disconnect',
    parseDisconnect,
  ),
};
/** True for asks: they are answered also before an account is read back (R13). */
export const isAsk = (name: string): boolean =>
  name === messages.sendReserve.name || name === messages.sendReserveBatch.name;
type ReturnOf<P> = P extends Parser<infer T> ? T : never;

const query = <O>(name: string): QueryDefinition<O, [unknown?]> => defineQuery<O, [unknown?]>(name);
export const queries = {
  status: query<StatusWire>('status'),
  reservation: query<ReservationWire>('reservation'),
  peek: query<PeekWire>('peek'),
  nextSlots: query<readonly string[]>('nextSlots'),
  waiting: query<readonly WaitingAskWire[]>('waiting'),
};

/** Makes the failure of a refusal. Programs read the contract's type; the text is for people. */
export const failureOf = ({ refused, message: text }: Refusal): ApplicationFailure =>
  ApplicationFailure.create({ type: refused, message: text, nonRetryable: true });

/**
 * Puts the type of a failure into its text, because the SDK's client keeps only the text of a
 * Query's failure: `inQueryText` reads it back.
 */
export const asQueryFailure = ({ type, message: text }: ApplicationFailure): ApplicationFailure =>
  ApplicationFailure.create({
    ...(type ? { type } : {}),
    message: `${type}: ${text}`,
    nonRetryable: true,
  });
/** Reads type and words from the text of a Query's failure; undefined if it is none of ours. */
export function inQueryText(
  text: string,
): { readonly type: string; readonly words: string } | undefined {
  const [, type, words] = /^([A-Z]\w+): (.*)$/s.exec(text) ?? [];
  return type === undefined || words === undefined ? undefined : { type, words };
}

export type {
  AnswerWire,
  DecisionWire,
  Delivered,
  Failed,
  CreditsAnswer,
  ReplyAnswer,
  HoldAnswer,
  Observed,
  PeekWire,
  PolicyWire,
  ReservationWire,
  ResumeAnswer,
  Settled,
  StateAnswer,
  StatusWire,
  Withdrawn,
};

/** What a workflow reports to its worker, without a trace in the history. */
export type Reported = {
  readonly decisions: {
    /** An ask of an account of that group was answered; null: an account without a group. */
    readonly decided: (group: string | null, reason: string) => void;
  };
};
