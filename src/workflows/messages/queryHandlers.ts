/** The account's queries: they roll a copy and change nothing. `queryNow` is their clock. */
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { QueryDefinition } from '@temporalio/common';
import { viewOf } from '../../domain/entity/entity.js';
import type { Account } from '../../domain/account/account.js';
import { nextSlots, tooFarAhead } from '../../domain/days/forecast.js';
import { isoInstant, type Instant } from '../../domain/primitives/time.js';
import { reservationWire } from '../../domain/wire/responses.js';
import { asQueryFailure, failureOf, queries } from '../../temporal/protocol.js';
import type { AccountRun } from '../accountRun.js';
import { peekWire } from '../../domain/wire/decisions.js';
import { parseQuery, type QueryAsk } from '../../domain/wire/queryRequests.js';
import { statusOf } from '../status.js';

type Seen = {
  readonly account: Account;
  readonly at: Instant;
  readonly isForecast: boolean;
  readonly ask: QueryAsk;
};

export function answerQueries(self: AccountRun): void {
  const see = (raw: unknown, needs?: 'count' | 'reservationId'): Seen => {
    const ask = parseQuery(raw, needs);
    if (!ask.ok) throw failureOf(ask);
    const now = self.queryNow();
    const at = Math.max(now, ask.value.at ?? now);
    const flaw = tooFarAhead(at, now);
    if (flaw) throw failureOf(flaw);
    return { account: viewOf(self.read(), now, at), at, isForecast: at > now, ask: ask.value };
  };
  answer(queries.status, (raw) => {
    const { account, at } = see(raw);
    return statusOf(self.read(), account, at);
  });
  answer(queries.reservation, (raw) => {
    const { account, at, ask } = see(raw, 'reservationId');
    const { reservationId } = ask;
    const found = reservationId && reservationWire(account, reservationId, at);
    if (found) return found;
    const message = `reservation ${String(reservationId)} is not known here`;
    throw failureOf({ refused: 'ReservationUnknown', message });
  });
  answer(queries.peek, (raw) => {
    const { account, at, isForecast } = see(raw);
    return peekWire(account, at, isForecast);
  });
  answer(queries.nextSlots, (raw) => {
    const { account, at, ask } = see(raw, 'count');
    return nextSlots(account, at, ask.count).map(isoInstant);
  });
}

/** Registers a query. Every refusal has its type where the caller's client can read it. */
function answer<O>(query: QueryDefinition<O, [unknown?]>, read: (raw: unknown) => O): void {
  setHandler(query, (raw) => {
    try {
      return read(raw);
    } catch (error) {
      throw error instanceof ApplicationFailure ? asQueryFailure(error) : error;
    }
  });
}
