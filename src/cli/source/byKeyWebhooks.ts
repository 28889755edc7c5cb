/** Endpoints of webhooks by the HTTP API. The server records the name of the key as their actor. */
import { isoInstant } from '../../domain/primitives/time.js';
import { having, pages, picked } from './answers.js';
import { Answered, type Http } from './http.js';
import type { DeliveryJson, EndpointJson, Webhooks } from './source.js';

const ENDPOINT = [
  ...(['endpointId', 'url', 'events', 'accounts', 'groups', 'format', 'secrets'] as const),
  'createdAt' as const,
  ...(['changedBy', 'attempt', 'failingSince', 'nextAttemptAt'] as const),
  ...(['disabledAt', 'disabledReason'] as const),
];
const DELIVERY = ['deliveryId', 'eventId', 'type', 'attempt', 'at', 'status', 'error'] as const;

/** True if the server has no such endpoint, or the id has not the form of one. */
const isUnknown = (error: unknown): boolean =>
  error instanceof Answered && (error.kind === 'webhook-unknown' || error.field === 'endpointId');

/** Returns the endpoints that the key may see. */
export function byKeyWebhooks(http: Http): Webhooks {
  const of = (endpointId: string): string => `/v1/webhooks/${encodeURIComponent(endpointId)}`;
  return {
    list: async (group) => {
      const answer = await http.get('/v1/webhooks', { group });
      const { items } = having<{ readonly items: readonly EndpointJson[] }>(answer, ['items']);
      return items.map((one) => picked(having<EndpointJson>(one, ENDPOINT), ENDPOINT));
    },
    add: async (input) =>
      having<{ readonly endpointId: string; readonly secret: string }>(
        await http.post('/v1/webhooks', input),
        ['endpointId', 'secret'],
      ),
    log: async (endpointId, { limit, before, group }) => {
      const path = `${of(endpointId)}/deliveries`;
      const asked = { path, query: { group }, limit, after: before, has: DELIVERY };
      const found = await pages<DeliveryJson>(http, asked).catch((error: unknown) => {
        if (isUnknown(error)) return undefined;
        throw error;
      });
      const last = found?.items.at(-1)?.deliveryId ?? null;
      return found && { deliveries: found.items, next: found.hasMore ? last : null };
    },
    replay: async (endpointId, from) => {
      const body = 'eventId' in from ? from : { since: isoInstant(from.since) };
      try {
        await http.post(`${of(endpointId)}/replay`, body);
        return 'replayed';
      } catch (error) {
        if (isUnknown(error)) return 'unknown';
        if (error instanceof Answered && error.message.includes('no event is kept'))
          return 'nothing';
        throw error;
      }
    },
    remove: async (endpointId) => {
      try {
        await http.remove(of(endpointId));
        return true;
      } catch (error) {
        if (isUnknown(error)) return false;
        throw error;
      }
    },
  };
}
