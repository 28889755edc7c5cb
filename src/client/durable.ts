/** The activities of a worker that runs `inmailSend` of `safeband/workflows`. */
import { ApplicationFailure } from '@temporalio/common';
import {
  SEND_FAILURE,
  type InmailCall,
  type SafebandActivities,
  type SendFailureDetails,
} from '../durable/types.js';
import type { SafebandClient } from './client.js';
import { SafebandError } from './errors.js';
import { SendFailure, type SendAnswer } from './sendWithSlot.js';

/** Shorter than the activity's own limit, so that its error is the client's. */
const REPORT_MS = 20_000;

/** Returns the activities that `inmailSend` calls; add yours, and pass all of them to the worker. */
export const safebandActivities = (client: SafebandClient): SafebandActivities => ({
  safebandReservation: ({ accountId, reservationId, request }) => {
    const { campaignId, recipientId } = request ?? {};
    const compared = request && { campaignId, recipientId, compares: true as const };
    return final(() => client.reservation(accountId, reservationId, compared));
  },
  safebandReport: ({ accountId, name, report }) =>
    final(() => client.report(accountId, name, report, REPORT_MS)),
});

/** Throws a refusal of the account as a failure that is not repeated; others may be repeated. */
async function final<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isFinal = error instanceof SafebandError && error.type !== 'Unavailable';
    if (!isFinal) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.type);
  }
}

/**
 * Returns an activity that runs `send`. A `SendFailure` keeps its kind on the way to the workflow;
 * after every other error it is not known whether LinkedIn took the InMail. With the client, the
 * activity first reads the brake (R27), and calls nothing while it is on.
 */
export const sendActivity =
  (send: (call: InmailCall) => Promise<SendAnswer>, client?: Pick<SafebandClient, 'fleetHeld'>) =>
  async (call: InmailCall): Promise<SendAnswer> => {
    try {
      if (await client?.fleetHeld(call.accountId)) {
        throw new SendFailure('not_attempted', 'the brake holds the fleet, or cannot be read');
      }
      return await send(call);
    } catch (error) {
      if (!(error instanceof SendFailure)) throw error;
      const { kind, message, retryAfterSeconds, code } = error;
      const details: SendFailureDetails = {
        kind,
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        ...(code === undefined ? {} : { code }),
      };
      throw ApplicationFailure.create({
        type: SEND_FAILURE,
        message,
        nonRetryable: true,
        details: [details],
      });
    }
  };
