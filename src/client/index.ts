/** `safeband/client`: everything that a send pipeline needs. */
export {
  createClient,
  SafebandClient,
  type ClientOptions,
  type DeliveredReport,
  type FailedReport,
  type ObservedReport,
  type Order,
  type PolicyInput,
  type StartInput,
} from './client.js';
export { payloadEncryption } from '../temporal/codec.js';
export { SafebandError } from './errors.js';
export type { CallMeasured } from './measured.js';
export { pgJournal, type Attempt, type Journal, type Outcome } from './journal.js';
export type { ReserveRequest } from './reserving.js';
export {
  SendFailure,
  sendWithSlot,
  type Send,
  type SendAnswer,
  type SendOptions,
  type SendResult,
} from './sendWithSlot.js';
export type {
  ReservationWire as Reservation,
  StatusWire as Status,
} from '../domain/wire/responses.js';
export type {
  DecisionWire as Decision,
  DenialWire as Denial,
  GrantWire as Grant,
  PeekWire as Peek,
} from '../domain/wire/decisions.js';
export type { Findings } from '../temporal/protocol.js';
export type { FailureType } from '../domain/account/refusals.js';
export {
  signWebhook,
  verifyWebhook,
  WebhookRefused,
  type VerifyOptions,
  type WebhookFlaw,
  type WebhookHeaders,
  type WebhookPayload,
} from './webhooks.js';
