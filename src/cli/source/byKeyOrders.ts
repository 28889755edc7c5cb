/** Orders to an account by the HTTP API. The server records the actor as `ada via <key>`. */
import type { PolicyWire } from '../../domain/commands/policyAnswer.js';
import type { PeekWire, WaitingAskWire } from '../../domain/wire/decisions.js';
import type {
  CreditsAnswer,
  Findings,
  HoldAnswer,
  ReplyAnswer,
  Settled,
  StateAnswer,
  Withdrawn,
} from '../../temporal/protocol.js';
import type { AskInput } from '../../client/inputs.js';
import { having } from './answers.js';
import type { Http } from './http.js';
import type { FirstStatus, Orders } from './source.js';

/** Returns the orders; `of` is the path of an account. */
export function byKeyOrders(http: Http, of: (accountId: string) => string): Orders {
  const order = async <T extends object>(
    accountId: string,
    name: string,
    body: object,
    has: readonly (keyof T & string)[],
  ): Promise<T> => having<T>(await http.post(`${of(accountId)}/${name}`, body), has);
  return {
    status: async (accountId) =>
      having<FirstStatus>(await http.get(`${of(accountId)}/status`), ['state', 'caps', 'verified']),
    peek: async (accountId, at, ask) =>
      having<PeekWire>(
        await http.get(`${of(accountId)}/peek`, {
          at: at ?? null,
          recipientId: ask?.recipientId ?? null,
          campaignId: ask?.campaignId ?? null,
          free: freeOf(ask),
        }),
        ['granted'],
      ),
    nextSlots: async (accountId, count, ask) =>
      having<readonly string[]>(
        await http.get(`${of(accountId)}/nextSlots`, {
          count,
          campaignId: ask?.campaignId ?? null,
          free: freeOf(ask),
        }),
        ['length'],
      ),
    waiting: async (accountId) =>
      having<readonly WaitingAskWire[]>(await http.get(`${of(accountId)}/waiting`), ['length']),
    withdraw: (id, reservationId) =>
      order<Withdrawn>(id, 'sendWithdraw', { reservationId }, ['withdrawn']),
    connect: (start) => order<StateAnswer>(start.accountId, 'connect', start, ['state']),
    configure: (id, change) => order<PolicyWire>(id, 'configure', change, ['tier', 'timezone']),
    hold: (id, by) => order<HoldAnswer>(id, 'hold', by, ['state']),
    resume: (id, by) => order<StateAnswer>(id, 'resume', by, ['state']),
    credits: (id, report) => order<CreditsAnswer>(id, 'credits', report, ['recorded']),
    replied: (id, report) => order<ReplyAnswer>(id, 'replies', report, ['refunded']),
    settle: (id, by) => order<Settled>(id, 'settleByOperator', by, ['settled']),
    reconcileNow: (id) => order<Findings>(id, 'reconcileNow', {}, ['runId', 'drift', 'healed']),
    disconnect: (id, by) =>
      order<{ readonly state: 'disconnected' }>(id, 'disconnect', by, ['state']),
  };
}

const freeOf = (ask?: AskInput): string | null => (ask?.free === true ? 'true' : null);
