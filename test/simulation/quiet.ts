/**
 * The end of a story: no more faults, every message has arrived, and runs have found no difference.
 * Then the numbers agree in the workflow, in its rows and in the log.
 */
import type { Entity } from '../../src/domain/entity/entity.js';
import { reconcileNow } from './audit.js';
import { checkLine, waitingIn } from './line.js';
import type { Member } from './member.js';
import { counterOn } from './naive.js';
import { checkRefunds } from './replies.js';
import { checkRetry } from './retry.js';
import { broken } from './broken.js';
import type { World } from './world.js';

const MINUTE = 60_000;
const DAYS_MAX = 4;
const DAY = 86_400_000;

export function comeToRest(world: World): void {
  world.mode = 'up';
  world.behind = 0;
  const latest = world.clock + DAYS_MAX * DAY;
  while (world.queue.work > 0 && world.queue.next < latest) world.step();
  for (const member of world.members) {
    if (!member.workflow || member.workflow.memory.entity?.account.isDisconnected) {
      world.connect(member);
    }
  }
  // A writer that has lost the row waits a minute before it tries again.
  for (let turn = 0; turn < 3; turn += 1) {
    world.runUntil(world.clock + 11 * MINUTE);
    for (const member of world.members) world.post(member, 1, reconcileNow());
    world.runUntil(world.clock + MINUTE);
  }
  for (const member of world.members) checkRest(world, member);
}

function checkRest(world: World, member: Member): void {
  const entity = member.workflow?.memory.entity;
  if (!entity) broken('a connected account is running', member.accountId);
  const { account } = entity;
  const { domain } = world;
  if (domain.isDirty(entity)) broken('everything is saved in the end', member.accountId);
  if (entity.foreign !== null)
    broken('a manual edit is settled by a run', JSON.stringify(entity.foreign));
  const { database } = member;
  const request = { owner: entity.owner, ...domain.batchOf(entity), account, runId: 'at rest' };
  const ran = database.run(domain, { ...request, at: account.now });
  if (!ran.saved) broken('the account owns its row in the end', `${ran.owner} ${ran.version}`);
  if (ran.verdict.events.length > 0) {
    broken('a run after a run finds all equal', JSON.stringify(ran.verdict.events));
  }
  checkRow(member, entity);
  checkLine(member, entity);
  checkCeiling(member, entity);
  checkRefunds(world, member, entity);
  checkLog(member, entity);
  checkProofs(member, entity);
  checkJournal(member, entity);
  const peek = domain.barrierAt(account, account.now, { isForecast: true });
  if (peek && waitingIn(entity).length === 0) {
    const retryAt = domain.retryAtOf(account, peek, account.now);
    checkRetry(world, entity, retryAt, peek.reason, undefined);
  }
}

/** Checks that no refusal is forgotten, however its workflow ended (R25). */
function checkCeiling({ database, accountId, wasFree }: Member, { account }: Entity): void {
  const most = Math.max(0, ...account.days.map(({ day }) => counterOn(account, day)));
  const isRefused = account.effects.some(
    ({ kind }) => kind === 'throttled' || kind === 'restricted',
  );
  // At the band of a tier, a ceiling teaches nothing. A story may have had the tier `free`.
  const isSmall = most < 25 && !wasFree;
  if (isRefused && isSmall && !account.learnt) broken('a refusal teaches a ceiling', accountId);
  const { cap, until } = database.account?.learnt ?? {};
  if (cap !== account.learnt?.cap || until !== account.learnt?.until) {
    broken('the row has the learnt ceiling', `${accountId}: ${cap} until ${until}`);
  }
}

function checkRow({ database, accountId }: Member, entity: Entity): void {
  const { account: row } = database;
  const { account } = entity;
  const counter = counterOn(account, account.day);
  if (!row || row.counter !== counter || row.day !== account.day) {
    broken('the row agrees with the workflow', `${accountId}: ${row?.counter} ${counter}`);
  }
  for (const { day, unexplained } of account.days) {
    if (unexplained !== 0 && day + 2 >= account.day) {
      broken('nothing is unexplained', `day ${day}: ${unexplained}`);
    }
  }
  for (const slot of account.slots) {
    const known = database.reservations.get(slot.reservationId)?.row;
    if (known?.state !== slot.state || known.carriedInto !== slot.carriedInto) {
      const what = `${slot.reservationId}: ${known?.state} is ${slot.state}`;
      broken('each reservation has its row', what);
    }
  }
}

/** Checks for each remembered day that the log has exactly its deliveries and external sends. */
function checkLog({ database }: Member, { account }: Entity): void {
  for (const book of account.days) {
    if (book.day + 2 < account.day) continue;
    const slots = account.slots.filter(
      ({ quotaDay, state }) => quotaDay === book.day && state === 'delivered',
    );
    const rows = database.events.filter((row) => row.quotaDay === book.day && row.isCounted);
    // A send that was observed on another day than its slot's has its row on that day.
    const isSlotOf = (slot: (typeof slots)[number], row: (typeof rows)[number]): boolean =>
      slot.state === 'delivered' && slot.chatId === row.chatId;
    const inLog = slots.filter((slot) => rows.some((row) => isSlotOf(slot, row))).length;
    const strange = rows.filter((row) => !slots.some((slot) => isSlotOf(slot, row))).length;
    const elsewhere = slots.filter(
      (slot) =>
        !rows.some((row) => isSlotOf(slot, row)) &&
        database.events.some((row) => isSlotOf(slot, row)),
    ).length;
    if (inLog + elsewhere !== slots.length) {
      broken('each delivery is in the log', `day ${book.day}: ${inLog} of ${slots.length}`);
    }
    if (strange !== book.external) {
      broken('the log has each external send', `day ${book.day}: ${strange}, not ${book.external}`);
    }
  }
}

/** Checks that each proof that reached the account is in the log. */
function checkProofs({ database, proofs }: Member, { account }: Entity): void {
  for (const [chatId, day] of proofs) {
    const rows = database.events.filter((row) => row.chatId === chatId);
    if (rows.length === 0 && day + 2 >= account.day) {
      broken('each proof is in the log', chatId);
    }
  }
}

/** Checks that the account has every outcome of the journal. */
function checkJournal({ database }: Member, { account }: Entity): void {
  for (const slot of account.slots) {
    if (slot.state !== 'in_flight' && slot.state !== 'uncertain') continue;
    const attempt = database.attempts.get(slot.reservationId);
    const isFailed = attempt?.outcome === 'failed' && attempt.errorCode !== 'unknown';
    const isFenced = attempt?.outcome === 'void' && slot.journaled;
    if (isFailed || isFenced) {
      broken('what the journal knows is settled', `${slot.reservationId}: ${attempt.outcome}`);
    }
  }
}
