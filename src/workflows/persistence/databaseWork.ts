/** An account's work with Postgres other than saves: reads back, claims, and learns openings. */
import { log, workflowInfo } from '@temporalio/workflow';
import { pass, record, entityWith, type Entity } from '../../domain/entity/entity.js';
import { accountRow } from '../../domain/records/toRecords.js';
import { alert, type Event } from '../../domain/account/events.js';
import { withForgotten } from '../../domain/account/kept.js';
import { hasForgotten, unsavedOf } from '../../domain/entity/lookup.js';
import { merged } from '../../domain/reconcile/merge.js';
import { asksOf } from '../../domain/entity/handedOver.js';
import { type WaitingAsk } from '../../domain/account/account.js';
import { waitingOf } from '../../domain/gate/line.js';
import { restoreAtOnce, type Opening } from '../../domain/entity/atOnce.js';
import { identified, restore } from '../../domain/entity/restore.js';
import { openingDays } from '../../domain/account/policy.js';
import type { Start } from '../../domain/commands/administer.js';
import type { ReadBack, StoredAccount } from '../../domain/records/snapshot.js';
import { dayOf } from '../../domain/primitives/time.js';
import { isStale } from '../../domain/account/sendingWindow.js';
import { whileRunning } from '../messages/messageHandlers.js';
import { lastRunOf, placeOf } from './recovery.js';
import { readParts } from './readParts.js';
import { inAnotherTask, isHeavy, sends } from './weight.js';
import { outcomeOf, reach, readable } from '../activityProxies.js';
import { PATIENCE_MS, type AccountRun } from '../accountRun.js';

/** How long a caller still waits after the fast way has taken up to two seconds. */
const REST_MS = PATIENCE_MS - 2_000;

/** Works the fast way, or, after a failure, the sure way; undefined: it failed. */
export async function attempt<T>(
  self: AccountRun,
  work: () => Promise<T>,
  bytes = 0,
): Promise<T | undefined> {
  if (isHeavy(self)) await inAnotherTask(self);
  sends(self, bytes);
  try {
    const done = readable(await whileRunning(self, work()));
    self.isSlow = false;
    return done;
  } catch (error) {
    log.warn('database.silent', { isSlow: self.isSlow, error: String(error) });
    self.isSlow = true;
    self.outcome = outcomeOf(error);
    self.boundWaits(REST_MS);
    return undefined;
  }
}

/** Tries once to read the account back and to claim its row for this chain (R13, R14). */
export async function restoreFrom(self: AccountRun, start: Start): Promise<Entity | undefined> {
  const owner = workflowInfo().firstExecutionRunId;
  const { accountId } = start;
  return attempt(self, async () => {
    const at = Date.now();
    const ask = { accountId, day: dayOf(at), ...opening(self, { start, owner, at }) };
    const found = await readParts(self, ask, reach(self.isSlow));
    const { claimed } = found;
    // The answer is of the time before a reset: since then, this workflow has answered messages,
    // and others may have written the row. The rows and the history are read again.
    if (claimed && self.wasReset) return undefined;
    const entity = claimed
      ? restoreAtOnce(found, { start, owner, at })
      : await restoreBy(self, start, found, owner);
    const version = entity.version + 1;
    const rivals = claimed?.rivals ?? (await claim(self, entity, version, found.account));
    if (!rivals) return undefined; // the row changed during the read: it is read again
    self.wasReset = false;
    self.isRooted = false;
    self.left = null;
    return record(
      { ...entity, version, savedVersion: version },
      identified(entity.account, rivals),
    );
  });
}

/** Asks for a claim with the read, unless the history of this workflow has to be read first. */
const opening = (
  self: AccountRun,
  ask: Pick<Opening, 'start' | 'owner' | 'at'>,
): { readonly opening?: Opening } => {
  const { isFirstRun, wasReset } = self;
  return wasReset ? {} : { opening: { ...ask, isFirstRun, place: placeOf(self, false) } };
};

/**
 * Restores from the rows and the history of the last workflow. If the answer of a claim was lost,
 * the row names this workflow, but only the history has what was not saved: what was read before
 * that claim counts.
 */
async function restoreBy(
  self: AccountRun,
  start: Start,
  read: ReadBack,
  owner: string,
): Promise<Entity> {
  const { account: row } = read;
  const before = row?.owner === owner && !self.wasReset ? self.left : null;
  const last = before?.last ?? (await lastRunOf(self, start, read));
  const account = before?.stored ?? row;
  self.left = account && last && { stored: account, last };
  const found = { ...read, account };
  const entity = restore(start, found, owner, Date.now(), self.wasReset, last);
  // The row may be newer after that claim: one with an older version would be refused.
  return { ...entity, version: Math.max(entity.version, row?.version ?? 0) };
}

/** Claims the row and returns the rivals; undefined: the row has changed. */
async function claim(
  self: AccountRun,
  entity: Entity,
  version: number,
  stored: StoredAccount | null,
  isAgain = false,
): Promise<readonly string[] | undefined> {
  const found = stored && { owner: stored.owner, version: stored.version };
  const row = accountRow(entity.account, version);
  const place = placeOf(self, false);
  const ask = { owner: entity.owner, found, row, place, ...(isAgain ? { isAgain } : {}) };
  const answer = readable(await reach(self.isSlow).claim(ask));
  return answer.claimed ? answer.rivals : undefined;
}

/** Compares an identity that was set on a running account with all other accounts' (R13). */
export async function checkIdentity(self: AccountRun): Promise<void> {
  const entity = self.read();
  const isAgain = self.comparesAgain && !self.isInNormalForm;
  const rivals = await attempt(self, () => claim(self, entity, entity.version, null, isAgain));
  const now = self.read();
  if (!rivals || now.account.policy.identity !== entity.account.policy.identity) return;
  self.isInNormalForm = true;
  self.entity = record(now, identified(now.account, rivals));
}

/** Restores after a reset: merges the rows and this run's state, the higher of both (R14). */
export async function restoreAfterReset(self: AccountRun): Promise<void> {
  const { accountId, isDisconnected } = self.read().account;
  const opened = await restoreFrom(self, { accountId, connect: !isDisconnected });
  if (!opened) return;
  const own = pass(self.read(), Date.now()); // ids that a midnight forgets stay forgotten
  const telling = hasForgotten(opened.account) ? unsavedOf(own) : own.account;
  const asks = asksOf(opened.account, unsavedAsks(own));
  const kept = [...merged(opened.account, telling), ...asks, ...ordersIn(own), ...alertsIn(own)];
  const known = entityWith(opened, { account: withForgotten(opened.account, own.account) });
  self.entity = pass(record(known, kept), Date.now());
  self.isReset = false;
  self.blockedUntil = 0;
}

/** Returns the orders that were answered and not saved: a policy change, and a disconnect. */
const ordersIn = ({ account, outbox }: Entity): readonly Event[] => {
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

/** Returns the asks that wait and were not saved: no row has them (R21). */
const unsavedAsks = ({ account, outbox }: Entity): readonly WaitingAsk[] =>
  waitingOf(account).filter(({ reservationId }) =>
    outbox.some(({ row }) => row.table === 'waiting' && row.reservationId === reservationId),
  );

/** Returns the alerts that were not saved, to raise them again: no other source reports them. */
const alertsIn = ({ outbox }: Entity): readonly Event[] =>
  outbox.flatMap(({ row }) =>
    row.table === 'alerts' ? [alert(row.kind, row.severity, row.details)] : [],
  );

/** True if the openings are unknown, or end earlier than `nextSlots` may ask for (R11). */
export function wantsIntervals({ account }: Entity, at: number): boolean {
  const { policy, openings } = account;
  return policy.sendingWindow !== null && (!openings || isStale(openings, at, openingDays(policy)));
}

/** Records when the window is open, unless a message has changed the window in the meantime. */
export async function learnIntervals(self: AccountRun): Promise<void> {
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
  self.entity = record(self.read(), [{ type: 'OpeningsLearnt', openings }]);
}
