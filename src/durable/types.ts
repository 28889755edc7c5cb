/** What the workflow `inmailSend` gets and returns, and the activities that it calls. */
import type { FailureKind } from '../domain/account/account.js';
import type { ReservationWire } from '../domain/wire/responses.js';
import type { WaitingAskWire } from '../domain/wire/decisions.js';
import type { DeliveredReport, FailedReport } from '../client/inputs.js';
import type { SendAnswer } from '../client/sendWithSlot.js';

/** The InMail that waits for its slot; the contract defines its ids (docs/contract.md, 2). */
export type InmailSendRequest = {
  readonly reservationId: string;
  readonly campaignId?: string;
  /** LinkedIn's id of the recipient, in any spelling. No recipient is contacted twice (R20). */
  readonly recipientId?: string;
  /** True: contact the recipient once more. */
  readonly again?: boolean;
  /** From 0, which is served first, to 9; 5 by default (R21). */
  readonly priority?: number;
};

export type InmailSend = {
  readonly accountId: string;
  readonly request: InmailSendRequest;
  /** ISO 8601: until then the InMail may wait for a slot, at most 32 days. */
  readonly deadline: string;
  /** The name of your activity that calls the provider. It gets an `InmailCall`. */
  readonly activity: string;
  /** What your activity needs besides the ids, such as the text. */
  readonly payload?: unknown;
  /** How long your activity may take, in seconds; 60 by default. */
  readonly sendTimeoutSeconds?: number;
};

/** What your activity gets. */
export type InmailCall = {
  readonly accountId: string;
  readonly reservationId: string;
  readonly payload?: unknown;
};

export type InmailSendResult =
  | { readonly sent: true; readonly chatId: string; readonly messageId?: string }
  /** The InMail may or may not have reached LinkedIn; the slot stays spent. */
  | { readonly sent: 'unknown'; readonly why: string }
  | {
      readonly sent: false;
      /** The kind of the failure, or the reason of the denial. */
      readonly reason: string;
      readonly why: string;
      readonly retryAt?: string | null;
    };

/** The activities of Safeband that a worker with `inmailSend` registers (`safebandActivities`). */
export type SafebandActivities = {
  safebandReservation(asked: {
    readonly accountId: string;
    readonly reservationId: string;
    /** With it, the answer names the first field that the account has differently (`differs`). */
    readonly request?: InmailSendRequest;
  }): Promise<ReservationWire | WaitingAskWire>;
  safebandReport(reported: {
    readonly accountId: string;
    readonly name: 'sendDelivered' | 'sendFailed';
    readonly report: DeliveredReport | FailedReport;
  }): Promise<void>;
};

/** The type of a failure of your activity that names why LinkedIn took no InMail. */
export const SEND_FAILURE = 'SafebandSendFailure';
export type SendFailureDetails = {
  readonly kind: FailureKind;
  readonly retryAfterSeconds?: number;
  /** The provider's own name of the error. */
  readonly code?: string;
};
export type { SendAnswer };
