/** The results of a search: the same fields from Postgres and from the HTTP API. */
import type { FoundCampaign } from '../../postgres/read/campaigns.js';
import type { FoundChat, FoundReservation } from '../../postgres/read/search.js';
import type { Part } from '../../postgres/read/searching.js';
import type { accountJson } from '../shapes.js';
import { picked } from './answers.js';

export type FoundJson = {
  readonly accounts: Part<ReturnType<typeof accountJson>>;
  readonly reservations: Part<FoundReservation>;
  readonly campaigns: Part<FoundCampaign>;
  readonly recipients: Part<FoundReservation>;
  readonly chats: Part<FoundChat>;
};
export const KINDS = ['accounts', 'reservations', 'campaigns', 'recipients', 'chats'] as const;

const RESERVATION = [
  ...(['accountId', 'reservationId', 'state', 'quotaDay', 'campaignId', 'recipientId'] as const),
  ...(['reservedAt', 'leaseExpiresAt', 'settledAt', 'reason', 'journaled', 'chatId'] as const),
  ...(['messageId', 'carriedInto', 'again', 'wouldDeny'] as const),
];
const CAMPAIGN = [
  ...(['campaignId', 'states', 'reservations', 'isCut', 'accounts'] as const),
  ...(['firstReservedAt', 'lastReservedAt'] as const),
];
const CHAT = [
  ...(['accountId', 'eventId', 'reservationId', 'chatId', 'messageId', 'source'] as const),
  ...(['quotaDay', 'deliveredAt', 'isCounted'] as const),
];

/** Returns what commands print, without fields that only the API has. */
export const foundOf = (found: FoundJson): FoundJson => ({
  accounts: { items: found.accounts.items, isCut: found.accounts.isCut },
  reservations: part(found.reservations, RESERVATION),
  campaigns: part(found.campaigns, CAMPAIGN),
  recipients: part(found.recipients, RESERVATION),
  chats: part(found.chats, CHAT),
});

const part = <T extends object>(
  { items, isCut }: Part<T>,
  names: readonly (keyof T & string)[],
): Part<T> => ({ items: items.map((one) => picked(one, names)), isCut });
