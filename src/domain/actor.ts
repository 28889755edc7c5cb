/**
 * An account with what it has not saved: everything that one run hands to the next. Each change
 * gets a number that only grows, across runs and restarts; rows carry it into Postgres (R14).
 */
import type { Account } from './account.js';
import type { Command, Event, Refusal } from './events.js';
import { evolve } from './evolve.js';
import { accountRow, rowsOf } from './facts.js';
import { forecastAt } from './forecast.js';
import { SAVE_ROWS_MAX } from './limits.js';
import { roll } from './roll.js';
import type { AccountRow, Entry, Row } from './rows.js';
import { dayOf, type Instant } from './time.js';

export type Actor = {
  readonly v: 1;
  /** The first run id of the chain: who may write the account's rows (R14). */
  readonly owner: string;
  readonly account: Account;
  /** Rows that Postgres has not confirmed, by ascending number. */
  readonly outbox: readonly Entry[];
  /** The number of the last change. */
  readonly version: number;
  readonly savedVersion: number;
};
export type Told<A> = { readonly actor: Actor; readonly answer: A | Refusal };

/** Tells the account one command, at an instant that never runs backwards; rolls the day first. */
export function tell<I, A>(actor: Actor, command: Command<I, A>, input: I, at: Instant): Told<A> {
  const rolled = pass(actor, at);
  const { now } = rolled.account;
  const { events, answer } = command(rolled.account, input, now);
  return { actor: record(rolled, events), answer };
}

/** Lets time pass: the day rolls if it is over (R7). */
export function pass(actor: Actor, at: Instant): Actor {
  const now = Math.max(at, actor.account.now);
  const clocked =
    now === actor.account.now ? actor : { ...actor, account: { ...actor.account, now } };
  return record(clocked, roll(actor.account, now));
}

/** Puts facts into the account, and the rows they leave into the outbox. */
export function record(actor: Actor, events: readonly Event[]): Actor {
  return events.reduce((before, event) => {
    const account = evolve(before.account, event);
    return post({ ...before, account }, rowsOf(event, before.account, account), isSilent(event));
  }, actor);
}

/** What no row tells: a denial is not remembered (R1), the others are worked out anew. */
const isSilent = (event: Event): boolean =>
  event.type === 'SlotDenied' ||
  event.type === 'OpeningsLearnt' ||
  event.type === 'IdentityChecked';

function post(actor: Actor, rows: readonly Row[], isQuiet = false): Actor {
  if (rows.length === 0) return isQuiet ? actor : { ...actor, version: actor.version + 1 };
  let { version } = actor;
  const entries: Entry[] = [];
  for (const row of rows) entries.push({ number: (version += 1), row });
  const outbox = entries.reduce(enqueue, actor.outbox);
  return { ...actor, version, outbox };
}

/** A newer row of the same reservation, day or alert replaces the one that still waits. */
function enqueue(outbox: readonly Entry[], entry: Entry): readonly Entry[] {
  const name = nameOf(entry.row);
  const old = name === null ? undefined : outbox.find(({ row }) => nameOf(row) === name);
  if (!old) return [...outbox, entry];
  const others = outbox.filter((other) => other !== old);
  const { row } = entry;
  if (row.table !== 'alerts' || old.row.table !== 'alerts') return [...others, entry];
  return [...others, { ...entry, row: { ...row, times: row.times + old.row.times } }];
}

function nameOf(row: Row): string | null {
  if (row.table === 'reservations') return `reservation ${row.reservationId}`;
  if (row.table === 'account_days') return `day ${row.quotaDay}`;
  return row.table === 'alerts' ? `alert ${row.kind} ${row.quotaDay}` : null;
}

/** An account as its rows tell it, with nothing unsaved; `base` is the highest number of them. */
export const actorOf = (account: Account, owner: string, base: number): Actor => ({
  v: 1,
  owner,
  account,
  outbox: [],
  version: base,
  savedVersion: base,
});

export const isDirty = (actor: Actor): boolean =>
  actor.version > actor.savedVersion || actor.outbox.length > 0;

/** A delivery is in Postgres within 3 s, anything else within 15 s (contract, 4). */
export const hasDelivery = (actor: Actor): boolean =>
  actor.outbox.some(({ row }) => row.table === 'inmail_events');

/** What one save carries. */
export const batchOf = (actor: Actor): { row: AccountRow; entries: readonly Entry[] } => ({
  row: accountRow(actor.account, actor.version),
  entries: actor.outbox.slice(0, SAVE_ROWS_MAX),
});

/** Drops what a save confirmed: by number, because handlers ran meanwhile. */
export function saved(
  actor: Actor,
  sent: { readonly row: AccountRow; readonly entries: readonly Entry[] },
): Actor {
  const numbers = new Set(sent.entries.map(({ number }) => number));
  const outbox = actor.outbox.filter(({ number }) => !numbers.has(number));
  return { ...actor, outbox, savedVersion: Math.max(actor.savedVersion, sent.row.version) };
}

/** The account as a query sees it: now, or later if nobody says anything until then (R17). */
export function viewOf(actor: Actor, now: Instant, at: Instant): Account {
  const { account } = pass(actor, now);
  return at <= account.now || dayOf(at) <= account.day ? account : forecastAt(account, at);
}
