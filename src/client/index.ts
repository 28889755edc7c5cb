/** `safeband/client`: everything that a send pipeline needs. */
export {
  failureOfFetch,
  failureOfStatus,
  secondsIn,
  type AnswerOf,
  type Provider,
} from './answers.js';
export { SafebandClient } from './client.js';
export { createClient } from './createClient.js';
export type { Brake, BrakeOrder } from './brake/brake.js';
export { safebandActivities, sendActivity } from './durable.js';
export {
  GroupUnknown,
  type GroupAsking,
  type GroupOptions,
  type GroupRequest,
} from './group/groupAsking.js';
export type { GroupNext } from './group/groupNext.js';
export { pgGroupDesk, type DeskOptions, type GroupDesk } from '../postgres/groups/desk.js';
export type { InmailCall, SafebandActivities } from '../durable/types.js';
export type {
  AskInput,
  CampaignCapInput,
  ClientOptions,
  ConfigureInput,
  CreditsReport,
  DeliveredReport,
  FailedReport,
  ObservedReport,
  Order,
  PeekInput,
  PolicyInput,
  ResumeOrder,
  ReplyReport,
  StartInput,
} from './inputs.js';
export { payloadEncryption } from '../temporal/codec.js';
export { SafebandError } from './errors.js';
export type { CallMeasured } from './measured.js';
export { pgJournal, type Attempt, type Journal, type Outcome } from './journal.js';
export type { ReserveRequest, WaitRequest } from './reserving.js';
export type { WhenAllowedOptions, WhenAllowedRequest } from './sendWhenAllowed.js';
export {
  SendFailure,
  sendWithSlot,
  type Send,
  type SendAnswer,
  type Sender,
  type SendOptions,
  type SendResult,
} from './sendWithSlot.js';
export type {
  ReservationWire as Reservation,
  StatusWire as Status,
} from '../domain/wire/responses.js';
export type {
  CallerAnswerWire as Answer,
  CallerDecisionWire as Decision,
  FleetHeldWire as FleetHeld,
} from '../domain/fleet/fleetHeld.js';
export type {
  GroupAnswerWire as GroupAnswer,
  GroupDenialWire as GroupDenial,
  GroupGrantWire as GroupGrant,
  GroupMemberWire as GroupMember,
  GroupOrder,
} from '../domain/fleet/groupAsk.js';
export type {
  DenialWire as Denial,
  GrantWire as Grant,
  PeekWire as Peek,
  WaitingAskWire as WaitingAsk,
  WaitingWire as Waiting,
  WouldDenyWire as WouldDeny,
} from '../domain/wire/decisions.js';
export type { CreditsAnswer, Findings, ReplyAnswer } from '../temporal/protocol.js';
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
