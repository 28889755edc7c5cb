/** What an account has to do with Postgres: read back, claim, save; and to learn its openings. */
import { log, workflowInfo } from '@temporalio/workflow';
import { batchOf, pass, reconciled, record, saved, type Actor } from '../domain/actor.js';
import { accountRow } from '../domain/facts.js';
import { cooldownStarted } from '../domain/roll.js';
import { counterOf } from '../domain/account.js';
import { alert, type Event } from '../domain/events.js';
import { merged } from '../domain/merge.js';
import { identified, openActor } from '../domain/opening.js';
import { openingDays } from '../domain/policy.js';
import type { Start } from '../domain/settings.js';
import type { StoredAccount } from '../domain/stored.js';
import { dayOf, MINUTE_MS, startOf } from '../domain/time.js';
import { isStale } from '../domain/window.js';
import { SAVE_ROWS_MAX } from '../domain/limits.js';
import type { Activities, Saved } from '../activities/ports.js';
import { countWrite, type SaveOutcome } from './counting.js';
import { beside } from './mailbox.js';
import { reach, readable } from './world.js';
import type { Self } from './self.js';

/** A row that belongs to another owner is not hammered. */
const BLOCKED_MS = MINUTE_MS;

/** Does a chore the fast way, or the sure way after the fast one failed; undefined: it failed. */
async function attempt<T>(self: Self, chore: () => Promise<T>): Promise<T | undefined> {
  try {
    const done = readable(await beside(self, chore()));
    self.isSlow = false;
    return done;
  } catch (error) {
    log.warn('database.silent', { isSlow: self.isSlow, error: String(error) });
    self.isSlow = true;
    return undefined;
  }
}

/** Reads the account back and makes its row this chain's own (R13, R14); one try. */
export async function openFrom(self: Self, start: Start): Promise<Actor | undefined> {
  const owner = workflowInfo().firstExecutionRunId;
  const { accountId } = start;
  return attempt(self, async () => {
    const ask = { accountId, day: dayOf(Date.now()) };
    const found = readable(await reach(self.isSlow).readBack(ask));
    const actor = openActor(start, found, owner, Date.now());
    const version = actor.version + 1;
    const rivals = await claim(self, actor, version, found.account);
    if (!rivals) return undefined; // the row moved while it was read: read it again
    return record({ ...actor, version, savedVersion: version }, identified(actor.account, rivals));
  });
}

/** Claims the row, and answers with the rivals; undefined: the row has moved. */
async function claim(
  self: Self,
  actor: Actor,
  version: number,
  stored: StoredAccount | null,
): Promise<readonly string[] | undefined> {
  const found = stored && { owner: stored.owner, version: stored.version };
  const row = accountRow(actor.account, version);
  const answer = readable(await reach(self.isSlow).claim({ owner: actor.owner, found, row }));
  return answer.claimed ? answer.rivals : undefined;
}

/** Compares the identity with all other accounts', after it was set on a running account (R13). */
export async function checkIdentity(self: Self): Promise<void> {
  const actor = self.read();
  const rivals = await attempt(self, () => claim(self, actor, actor.version, null));
  const now = self.read();
  if (!rivals || now.account.policy.identity !== actor.account.policy.identity) return;
  self.actor = record(now, identified(now.account, rivals));
}

/** Writes what is not saved, and drops what the save confirmed. */
export async function save(self: Self): Promise<void> {
  self.actor = pass(self.read(), Date.now());
  const { owner } = self.actor;
  const batch = batchOf(self.actor);
  const waiting = self.actor.outbox.length;
  const done = await attempt(self, () => reach(self.isSlow).save({ owner, ...batch }));
  self.lastSaveAt = Date.now();
  countWrite(waiting, outcomeOf(done));
  if (done?.saved) self.actor = saved(self.read(), batch, done.foreign);
  else if (done) await outrun(self, done);
}

/**
 * One reconcile (R8): everything unsaved goes with it, and what it found is applied to the account
 * as it then is. False: the database did not answer, or the row is another's.
 */
export async function reconcile(self: Self, by?: Pick<Activities, 'reconcile'>): Promise<boolean> {
  while (self.read().outbox.length > SAVE_ROWS_MAX) {
    const before = self.read().outbox.length;
    await save(self);
    if (self.read().outbox.length >= before) return false;
  }
  self.actor = pass(self.read(), Date.now());
  const { owner, account, outbox } = self.actor;
  const batch = batchOf(self.actor);
  const at = account.now;
  const runId = `${workflowInfo().runId}/${(self.runs += 1)}`;
  const ask = { owner, ...batch, runId, account, at };
  const ran = await attempt(self, () => (by ?? reach(self.isSlow)).reconcile(ask));
  self.lastSaveAt = Date.now();
  countWrite(outbox.length, outcomeOf(ran));
  if (!ran?.saved) {
    self.actor = record(self.read(), [{ type: 'ReconcileFailed', at: self.now() }]);
    if (ran) await outrun(self, ran);
    return false;
  }
  self.actor = reconciled(self.read(), batch, ran.events, ran.foreign, at);
  const { drift, healed, alerted, cooled } = ran;
  self.found = { runId, drift, healed, alerted, cooled };
  return true;
}

const outcomeOf = (done: { readonly saved: boolean } | undefined): SaveOutcome => {
  if (!done) return 'unanswered';
  return done.saved ? 'saved' : 'other_owner';
};

/** The row is another owner's, or newer than all we know: someone else writes it (R14). */
async function outrun(self: Self, found: Extract<Saved, { saved: false }>): Promise<void> {
  const actor = self.read();
  const isOwn = found.owner === actor.owner;
  if (isOwn && found.version <= actor.version) return; // a late save of our own
  log.warn('account.outrun', { version: found.version });
  if (isOwn) {
    self.isReset = true; // the loop reads the rows again, and nothing is granted until it has
    return;
  }
  self.blockedUntil = Date.now() + BLOCKED_MS;
  const { account } = actor;
  const message = 'the row belongs to another workflow';
  const until = startOf(account.day + 1);
  if (account.cooldowns.some((one) => one.cause === 'two_owners' && account.now < one.until))
    return;
  self.actor = record(actor, [
    cooldownStarted('two_owners', until, counterOf(account, account.day), message),
    alert('two_owners', 'critical', { message, owner: found.owner, version: found.version }),
  ]);
}

/** After a reset: what the rows know and what this run knows, whichever is higher (R14). */
export async function reopen(self: Self): Promise<void> {
  const { accountId, isDisconnected } = self.read().account;
  const opened = await openFrom(self, { accountId, connect: !isDisconnected });
  if (!opened) return;
  const own = self.read();
  const kept = [...merged(opened.account, own.account), ...ordersIn(own), ...alertsIn(own)];
  self.actor = pass(record(opened, kept), Date.now());
  self.isReset = false;
  self.blockedUntil = 0;
}

/** What was answered and not saved: a policy that was set, and that it was disconnected. */
const ordersIn = ({ account, outbox }: Actor): readonly Event[] => {
  const { policy, rampDay, isDisconnected } = account;
  const isSet = outbox.some(({ row }) => row.table === 'account_changes' && row.kind === 'policy');
  const leave = {
    actor: 'safeband',
    reason: 'it was disconnected before its rows were read again',
  };
  return [
    ...(isSet ? [{ type: 'PolicyChanged', policy, rampDay, actor: 'safeband' } as const] : []),
    ...(isDisconnected ? [{ type: 'Disconnected', ...leave } as const] : []),
  ];
};

/** Alerts that were not saved are raised again: nobody else tells of them. */
const alertsIn = ({ outbox }: Actor): readonly Event[] =>
  outbox.flatMap(({ row }) =>
    row.table === 'alerts' ? [alert(row.kind, row.severity, row.details)] : [],
  );

/** Are the openings unknown, or do they reach less far than `nextSlots` may ask (R11). */
export function wantsOpenings({ account }: Actor, at: number): boolean {
  const { policy, openings } = account;
  return policy.sendingWindow !== null && (!openings || isStale(openings, at, openingDays(policy)));
}

/** Works out when the window is open; what came in meanwhile may have changed the window again. */
export async function learnOpenings(self: Self): Promise<void> {
  const { account } = self.read();
  const { sendingWindow, timezone } = account.policy;
  if (!sendingWindow) return;
  const ask = {
    window: sendingWindow,
    timezone,
    from: self.now(),
    days: openingDays(account.policy),
  };
  const openings = await attempt(self, () => reach(self.isSlow).expandWindow(ask));
  const { policy } = self.read().account;
  const isSame = policy.sendingWindow === sendingWindow && policy.timezone === timezone;
  if (!openings || !isSame) return;
  self.actor = record(self.read(), [{ type: 'OpeningsLearnt', openings }]);
}
