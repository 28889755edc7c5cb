/** The state of one run of an account's workflow, and the state that the next run receives. */
import { patched, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { execute, entityWith, type Entity } from '../domain/entity/entity.js';
import type { Start } from '../domain/commands/administer.js';
import type { LastRun } from '../domain/entity/endings.js';
import type { StoredAccount } from '../domain/records/snapshot.js';
import type { Account } from '../domain/account/account.js';
import { accountWith } from '../domain/account/update.js';
import type { SlotTimes } from '../domain/days/slotTimes.js';
import { bytesOf } from '../domain/primitives/bytes.js';
import { outboxBytes } from '../domain/entity/outbox.js';
import { failureOf, isAsk, type Findings } from '../temporal/protocol.js';
import { MIDNIGHT_SPREAD_MS } from '../domain/primitives/midnight.js';
import type { HandedOver } from './persistence/handedOver.js';
import { Alarm } from './alarm.js';
import { detailsOf } from './currentDetails.js';
import type { Outcome } from './activityProxies.js';
import type { Command, Refusal } from '../domain/account/refusals.js';
import { stateOf } from '../domain/gate/accountState.js';
import { publishAttributes, type Published } from './searchAttributes.js';
import { untakenOf, type Trouble, type Reply, type Entry } from './inHand.js';

const NO_TURN = { account: null, at: null };
/** How long a caller waits for the database (docs/contract.md, 2: `Unavailable`). */
export const PATIENCE_MS = 10_000;

export class AccountRun {
  /** Null until the account's rows are read back. */
  entity: Entity | null;
  /** The messages that are not taken yet, in the order in which they came. */
  inbox: Entry[] = [];
  /** Messages that wait until the account is read back (R13); empty afterwards. */
  waiting: Entry[] = [];
  /** Updates that were accepted and not answered. */
  unanswered = 0;
  /** True if the first message is an ask that waits for a check of the database (R12). */
  isCheckWanted = false;
  /** Messages up to this number have had their check. */
  checkedUpTo = 0;
  /** Faults that were found before the account was read back. */
  readonly early: Trouble[] = [];
  /** True while work with Postgres runs: messages are taken during it. */
  isBusy = false;
  /** True until the first reconcile of an account that is read back. */
  isOpening = false;
  replies: Reply[];
  repliesBytes: number;
  repliesUnderWay = 0;
  isCancelled: boolean;
  /** True if Temporal had no run of the account before this one, so there is no history (R13). */
  isFirstRun = false;
  /** The row and the history of the last workflow, until a claim of the row is answered (R13). */
  left: { readonly stored: StoredAccount; readonly last: LastRun } | null = null;
  /** True if the run was reset to an earlier event: its rows may contain more than it (R14). */
  isReset: boolean;
  /** True if the run was reset, also before its rows were read back. */
  wasReset: boolean;
  /** True if a lost task has saved changes that this run does not have (R14). */
  isBehind: boolean;
  /** True if the account has no identity, or it was compared by its normal form (R13). */
  isInNormalForm: boolean;
  /** True if the identity was compared by its spelling, and has to be compared again. */
  readonly comparesAgain: boolean;
  /** What is known about the last failed try. */
  outcome: Outcome = 'not committed';
  /** Requests that the tried reconcile answers; and whether its lost answer was found. */
  triedAsks = 0;
  isRecalled = false;
  /** True if this run's history, or the state that it received, has all that is unsaved (R13). */
  isRooted: boolean;
  /** True if Postgres did not answer the fast way; the sure way does not delay answers. */
  isSlow = false;
  /** No save is tried before this instant, because another owner has the row. */
  blockedUntil = 0;
  lastSaveAt = 0;
  /** The spread of the next run's midnight; this run's timer is armed already (R7). */
  midnightSpreadMs: number;
  /** The bytes sent by the task that began when the history had `of` events (weight.ts). */
  task = { of: 0, bytes: 0 };
  /** The number of Signals that came with the present task. */
  came = { task: 0, signals: 0 };
  /** True if so many Signals came with one task that this run has to be short (runLength.ts). */
  isPressed = false;
  /** Reconciles that were tried in this run, and those that were done by the loop (R8). */
  runs = 0;
  runsDone = 0;
  /** How many reconciles the loop has to have done, because callers requested them. */
  runsAsked: number;
  /** True if the loop has ended: the next run does the open work. */
  isEnding = false;
  /** The findings of the last successful reconcile. */
  found: Findings | null = null;
  readonly start: Start | null;
  /** The fault of the start object; each later caller receives it. */
  refusal: Refusal | null = null;
  readonly midnight = new Alarm('UTC midnight');
  readonly saveSoon = new Alarm('save a delivery');
  readonly saveLater = new Alarm('save');
  readonly tick = new Alarm('reconcile');
  readonly cooldownEnd = new Alarm('the cooldown ends');
  readonly unblocked = new Alarm('try the row again');
  readonly more = new Alarm('more messages wait');
  /** Rings when the line has to be served (R21). */
  readonly turn = new Alarm('the next turn in the waiting line');
  /** The next turn, for the account as it was when it was computed. */
  turnOf: { readonly account: Account | null; readonly at: number | null } = NO_TURN;
  /** Later slots, for the account as it was when the first of them was computed. */
  foreseen: { readonly account: Account; readonly times: SlotTimes } | null = null;
  /** How many callers wait for the database. */
  patient = 0;
  /** The maximum wait of these callers; only the loop arms it. */
  readonly late = new Alarm('the database does not answer');
  #number = 0;
  #published: Published | null;

  constructor(state: HandedOver) {
    this.start = state.start;
    this.isInNormalForm = isInNormalForm(state);
    // A run that older code began does not compare again; the next run does.
    this.comparesAgain = !this.isInNormalForm && patched('identities-have-a-normal-form');
    this.entity = this.comparesAgain ? unchecked(state.actor) : state.actor;
    this.isRooted = state.actor !== null;
    for (const { name, raw } of state.waiting) this.putSignal(name, () => raw);
    this.replies = [...(state.replies ?? [])];
    this.repliesBytes = bytesOf(this.replies);
    this.isCancelled = state.isCancelled;
    this.wasReset = state.isReset ?? false;
    this.isReset = this.wasReset && this.entity !== null;
    this.isBehind = state.isBehind ?? false;
    this.runsAsked = state.isRunAsked ? 1 : 0;
    this.#published = state.published;
    this.midnightSpreadMs = state.midnightSpreadMs ?? MIDNIGHT_SPREAD_MS;
  }

  /** The state for the next run. */
  get handedOver(): HandedOver {
    const { start, entity: actor, isCancelled, wasReset: isReset, isBehind, replies } = this;
    const waiting = untakenOf(this);
    const isRunAsked = this.runsAsked > this.runsDone;
    const published = this.#published;
    const state = { start, actor, waiting, isCancelled, isReset, isBehind, isRunAsked, replies };
    const { midnightSpreadMs } = this;
    return { v: 1, ...state, isInNormalForm: this.isInNormalForm, published, midnightSpreadMs };
  }

  /** Puts a message at the end of the inbox. */
  put(message: Omit<Entry, 'number'>): Entry {
    const entry = { ...message, number: (this.#number += 1) };
    this.inbox.push(entry);
    return entry;
  }

  putSignal(name: string, read: () => unknown): void {
    this.put({ name, isAsk: isAsk(name), read, update: null });
  }

  /** Limits the wait of callers for the database to `ms`, also if it does not answer. */
  boundWaits(ms = PATIENCE_MS): void {
    if (this.patient === 0) return;
    this.late.reset();
    this.late.arm(ms);
  }

  /** Removes an Update whose caller no longer waits. */
  withdraw(entry: Entry): void {
    this.waiting = this.waiting.filter((one) => one !== entry);
    this.inbox = this.inbox.filter((one) => one !== entry);
  }

  /** Puts messages that waited for this read back before the messages that came since. */
  opened(entity: Entity): void {
    this.entity = entity;
    this.inbox = [...this.waiting.splice(0), ...this.inbox];
  }

  /**
   * True if an ask may wait for a check of the database: it has had no check, and no work waits
   * for a database that does not answer.
   */
  mayCheckFor(number: number): boolean {
    return number > this.checkedUpTo && !(this.isBusy && this.isSlow);
  }

  /** Records that the result of the check decides all messages that have come so far. */
  checked(): void {
    this.checkedUpTo = this.#number;
    this.isCheckWanted = false;
  }

  /** The bytes of all rows that wait to be saved. */
  get outboxBytes(): number {
    return outboxBytes(this.entity?.outbox ?? []);
  }

  /** The workflow's clock, which never runs backwards. */
  now(): number {
    return Math.max(this.entity?.account.now ?? 0, Date.now());
  }

  /** A query has no clock of its own: its `Date.now()` is as old as the last task (R17). */
  queryNow(): number {
    return Math.max(this.now(), workflowInfo().unsafe.now());
  }

  /** Decides, evolves and answers in one step; new rows wait in the outbox. */
  execute<I, A>(command: Command<I, A>, input: I): A | Refusal {
    const executed = execute(this.read(), command, input, Date.now());
    this.entity = executed.entity;
    return executed.answer;
  }

  /** Returns the entity. Throws if it is not read back yet, or if its start was refused. */
  read(): Entity {
    if (this.entity) return this.entity;
    if (this.refusal) {
      const why = `the account was not started: ${this.refusal.message}`;
      throw failureOf({ refused: 'AccountUnknown', message: why });
    }
    const message = 'the account is being read back from Postgres; nothing was changed';
    throw failureOf({ refused: 'Unavailable', message });
  }

  /** True if messages wait until the account has opened: the database has answered so far. */
  get holdsMessages(): boolean {
    return this.isOpening && !this.isSlow;
  }

  /** Records a reset. Before the read back, the rows will be read in any case. */
  reset(): void {
    this.isReset = this.entity !== null;
    this.wasReset = true;
  }

  /** True if the rows may contain more than this run, which then grants nothing (R2, R14). */
  get isClosed(): boolean {
    return !this.entity || this.isReset || this.isBehind;
  }

  /** True if the written search attributes are out of date. */
  get isUnpublished(): boolean {
    if (!this.entity) return false;
    const { account } = this.entity;
    const state = stateOf(account, this.now());
    return this.#published?.state !== state || this.#published.tier !== account.policy.tier;
  }

  /** Updates the panel and the search attributes of the Temporal UI; a change is one event. */
  publish(): void {
    if (!this.entity) return;
    const { account } = this.entity;
    const state = stateOf(account, this.now());
    const { tier } = account.policy;
    setCurrentDetails(detailsOf(this.entity, this.now()));
    if (!this.isUnpublished) return;
    this.#published = { state, tier };
    publishAttributes(this.#published);
  }
}

const isInNormalForm = ({ actor: entity, isInNormalForm: isKnown = false }: HandedOver): boolean =>
  isKnown || entity === null || entity.account.policy.identity === null;

const unchecked = (entity: Entity | null): Entity | null =>
  entity &&
  entityWith(entity, { account: accountWith(entity.account, { isIdentityChecked: false }) });
