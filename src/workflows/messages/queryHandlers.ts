/** The account's queries: they roll a copy and change nothing. `queryNow` is their clock. */
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { QueryDefinition } from '@temporalio/common';
import { viewOf } from '../../domain/entity/entity.js';
import { findSlot, type Account } from '../../domain/account/account.js';
import { differenceOf } from '../../domain/commands/reserve.js';
import { findAsk } from '../../domain/gate/line.js';
import { tooFarAhead } from '../../domain/days/forecast.js';
import { nextSlots } from '../../domain/days/slotTimes.js';
import { isoInstant, type Instant } from '../../domain/primitives/time.js';
import { reservationWire } from '../../domain/wire/responses.js';
import { asQueryFailure, failureOf, queries } from '../../temporal/protocol.js';
import type { AccountRun } from '../accountRun.js';
import { lineWire, peekWire } from '../../domain/wire/decisions.js';
import {
  parsePeek,
  parseQuery,
  parseReservationQuery,
  parseSlotsQuery,
  type QueryAsk,
} from '../../domain/wire/queryRequests.js';
import type { Parser } from '../../domain/wire/message.js';
import { statusOf } from '../status.js';

/** The account is unverified for the gate, and for the one of shadow mode (R23). */
const NOT_READ = { isIdentityChecked: false, isCrowded: true };

type Viewed<A> = {
  readonly account: Account;
  readonly at: Instant;
  readonly isForecast: boolean;
  readonly ask: A;
};

export function answerQueries(self: AccountRun): void {
  const see = <A extends QueryAsk>(parse: Parser<A>, raw: unknown): Viewed<A> => {
    const now = self.queryNow();
    const ask = parse(raw ?? {}, 'strict', now);
    if (!ask.ok) throw failureOf(ask);
    const at = Math.max(now, ask.value.at ?? now);
    const flaw = tooFarAhead(at, now);
    if (flaw) throw failureOf(flaw);
    const seen = viewOf(self.read(), now, at);
    // Until its rows are read again, the account grants nothing, also in shadow mode (R12, R14).
    const account = self.isClosed ? { ...seen, ...NOT_READ } : seen;
    return { account, at, isForecast: at > now, ask: ask.value };
  };
  answer(queries.status, (raw) => {
    const { account, at, isForecast } = see(parseQuery, raw);
    return statusOf(self.read(), account, at, isForecast);
  });
  answer(queries.reservation, (raw) => {
    const { account, at, ask } = see(parseReservationQuery, raw);
    const found = reservationWire(account, ask.reservationId, at);
    const known = findAsk(account, ask.reservationId) ?? findSlot(account, ask.reservationId);
    const differs = known && ask.compares === true ? differenceOf(known, ask) : undefined;
    if (found) return differs === undefined ? found : { ...found, differs };
    const message = `reservation ${ask.reservationId} is not known here`;
    throw failureOf({ refused: 'ReservationUnknown', message });
  });
  answer(queries.peek, (raw) => {
    const { account, at, isForecast, ask } = see(parsePeek, raw);
    return peekWire(account, at, isForecast, ask);
  });
  answer(queries.waiting, (raw) => {
    const { account, at } = see(parseQuery, raw);
    return lineWire(account, at);
  });
  answer(queries.nextSlots, (raw) => {
    const { account, at, ask } = see(parseSlotsQuery, raw);
    return nextSlots(account, at, ask.count, ask).map(isoInstant);
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
