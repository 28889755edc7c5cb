/** What one run of an account's workflow has in hand, and what it hands to the next. */
import { patched, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { execute, entityWith, type Entity } from '../domain/entity/entity.js';
import { parseStart } from '../domain/wire/adminRequests.js';
import type { Start } from '../domain/commands/administer.js';
import { accountWith } from '../domain/account/update.js';
import { bytesOf } from '../domain/primitives/bytes.js';
import { outboxBytes } from '../domain/entity/outbox.js';
import { unreadableIn } from '../domain/wire/objectReader.js';
import { failureOf, isAsk, workflowIdOf, type Findings } from '../temporal/protocol.js';
import { Alarm } from './alarm.js';
import { detailsOf } from './currentDetails.js';
import type { Outcome } from './activityProxies.js';
import type { Command, Refusal } from '../domain/account/refusals.js';
import { stateOf } from '../domain/gate/accountState.js';
import { publishAttributes, type Published } from './searchAttributes.js';
import { carriedOf, type Trouble, type Reply, type Entry, type Waiting } from './inHand.js';

/** All that survives continue-as-new. */
export type Carried = {
  readonly v: 1;
  /** Null only where the start object was no good. */
  readonly start: Start | null;
  readonly actor: Entity | null;
  readonly waiting: readonly Waiting[];
  readonly isCancelled: boolean;
  /** True while a requested run has not been done; absent if none was requested. */
  readonly isRunAsked?: boolean;
  /** True while the rows have not been read again after a reset; absent in older state. */
  readonly isReset?: boolean;
  /** Replies that were not sent yet; absent: there are none. */
  readonly replies?: readonly Reply[];
  /** The rows are newer than the state, by a task that was lost, and were not read since. */
  readonly isBehind?: boolean;
  /** Identities are compared by their normal form; absent: they were, by their spelling (R13). */
  readonly isInNormalForm?: boolean;
  readonly published: Published | null;
};

/** How long a caller waits for the database (docs/contract.md, 2: `Unavailable`). */
export const PATIENCE_MS = 10_000;

export class AccountRun {
  /** Null until the account's rows are read back. */
  entity: Entity | null;
  /** What has come and is not taken yet, in the order in which it came. */
  inbox: Entry[] = [];
  /** Of that, what waits for the account to be read back (R13); it is empty afterwards. */
  waiting: Entry[] = [];
  /** Updates that were accepted and not answered. */
  unanswered = 0;
  /** The first of the inbox is an ask that waits for a check of the database (R12). */
  isCheckWanted = false;
  /** Messages up to this number have had their check. */
  checkedUpTo = 0;
  /** What was wrong before the account was read back. */
  readonly early: Trouble[] = [];
  /** True while a chore runs: messages are taken during it. */
  isBusy = false;
  replies: Reply[];
  repliesBytes: number;
  repliesUnderWay = 0;
  isCancelled: boolean;
  /** The run was reset to an earlier event: its rows may know more than it does (R14). */
  isReset: boolean;
  /** It was reset, also where the rows were not read back yet. */
  wasReset: boolean;
  /** A task that was lost has saved what this run does not know (R14). */
  isBehind: boolean;
  /** The identity, where there is one, was compared by its normal form (R13). */
  isInNormalForm: boolean;
  /** It was compared by its spelling, and is compared again by its normal form. */
  readonly comparesAgain: boolean;
  /** What is known of the try that failed last. */
  outcome: Outcome = 'not committed';
  /** Asks for a run that the run which was tried answers; and that it has just done so. */
  triedAsks = 0;
  isRecalled = false;
  /** Everything that is not saved is in this run's history, or was handed to it (R13). */
  isRooted: boolean;
  /** Postgres did not answer the fast way; the sure way waits without holding up answers. */
  isSlow = false;
  /** A save that another owner refuses is not tried again before this. */
  blockedUntil = 0;
  lastSaveAt = 0;
  /** What the task that began at that length of the history has sent (weight.ts). */
  task = { of: 0, bytes: 0 };
  /** The number of Signals that came with the present task. */
  came = { task: 0, signals: 0 };
  /** So many Signals came with one task that this run is short (runLength.ts). */
  isPressed = false;
  /** Reconciles that were tried in this run, and those that were done by the loop (R8). */
  runs = 0;
  runsDone = 0;
  /** The loop is asked to have done this many. */
  runsAsked: number;
  /** The loop has ended: what it has not done is the next run's. */
  isEnding = false;
  /** What the last one that succeeded found. */
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
  /** How many callers wait for the database. */
  patient = 0;
  /** They wait no longer than this; the loop alone arms it. */
  readonly late = new Alarm('the database does not answer');
  #number = 0;
  #published: Published | null;

  constructor(carried: Carried) {
    this.start = carried.start;
    this.isInNormalForm = isInNormalForm(carried);
    // A run that older code has begun stays as it was; the next one compares.
    this.comparesAgain = !this.isInNormalForm && patched('identities-have-a-normal-form');
    this.entity = this.comparesAgain ? unchecked(carried.actor) : carried.actor;
    this.isRooted = carried.actor !== null;
    for (const { name, raw } of carried.waiting) this.putSignal(name, () => raw);
    this.replies = [...(carried.replies ?? [])];
    this.repliesBytes = bytesOf(this.replies);
    this.isCancelled = carried.isCancelled;
    this.wasReset = carried.isReset ?? false;
    this.isReset = this.wasReset && this.entity !== null;
    this.isBehind = carried.isBehind ?? false;
    this.runsAsked = carried.isRunAsked ? 1 : 0;
    this.#published = carried.published;
  }

  get carried(): Carried {
    const { start, entity: actor, isCancelled, wasReset: isReset, isBehind, replies } = this;
    const waiting = carriedOf(this);
    const isRunAsked = this.runsAsked > this.runsDone;
    const published = this.#published;
    const state = { start, actor, waiting, isCancelled, isReset, isBehind, isRunAsked, replies };
    return { v: 1, ...state, isInNormalForm: this.isInNormalForm, published };
  }

  /** Puts a message behind all others. */
  put(message: Omit<Entry, 'number'>): Entry {
    const entry = { ...message, number: (this.#number += 1) };
    this.inbox.push(entry);
    return entry;
  }

  putSignal(name: string, read: () => unknown): void {
    this.put({ name, isAsk: isAsk(name), read, update: null });
  }

  /** Answers callers that wait for the database after `ms`, also if it does not answer. */
  boundWaits(ms = PATIENCE_MS): void {
    if (this.patient === 0) return;
    this.late.reset();
    this.late.arm(ms);
  }

  /** An Update whose caller waits no longer. */
  withdraw(entry: Entry): void {
    this.waiting = this.waiting.filter((one) => one !== entry);
    this.inbox = this.inbox.filter((one) => one !== entry);
  }

  /** What waited for the account to be read back comes before what has come since. */
  opened(entity: Entity): void {
    this.entity = entity;
    this.inbox = [...this.waiting.splice(0), ...this.inbox];
  }

  /**
   * May an ask wait for a check of the database: it has had none, and no chore is under way that
   * waits for a database that is away.
   */
  mayCheckFor(number: number): boolean {
    return number > this.checkedUpTo && !(this.isBusy && this.isSlow);
  }

  /** All that has come so far is decided by what the check has found. */
  checked(): void {
    this.checkedUpTo = this.#number;
    this.isCheckWanted = false;
  }

  /** How long all rows are that wait to be saved. */
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

  /** Decides, evolves and answers in one step; what has to be saved waits in the outbox. */
  execute<I, A>(command: Command<I, A>, input: I): A | Refusal {
    const executed = execute(this.read(), command, input, Date.now());
    this.entity = executed.entity;
    return executed.answer;
  }

  /** The entity, once it is read back. A start that was refused has none, and never will. */
  read(): Entity {
    if (this.entity) return this.entity;
    if (this.refusal) {
      const why = `the account was not started: ${this.refusal.message}`;
      throw failureOf({ refused: 'AccountUnknown', message: why });
    }
    const message = 'the account is being read back from Postgres; nothing was changed';
    throw failureOf({ refused: 'Unavailable', message });
  }

  /** The run was reset; where nothing is read back yet, the rows are about to be read anyway. */
  reset(): void {
    this.isReset = this.entity !== null;
    this.wasReset = true;
  }

  /** A run whose rows know more grants nothing until it has read them again (R2, R14). */
  get isClosed(): boolean {
    return !this.entity || this.isReset || this.isBehind;
  }

  /** The search attributes that were written are not those of now. */
  get isUnpublished(): boolean {
    if (!this.entity) return false;
    const { account } = this.entity;
    const state = stateOf(account, this.now());
    return this.#published?.state !== state || this.#published.tier !== account.policy.tier;
  }

  /** What people look for and look at in the Temporal UI; attributes cost an event a change. */
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

const isInNormalForm = ({ actor: entity, isInNormalForm: isKnown = false }: Carried): boolean =>
  isKnown || entity === null || entity.account.policy.identity === null;

const unchecked = (entity: Entity | null): Entity | null =>
  entity &&
  entityWith(entity, { account: accountWith(entity.account, { isIdentityChecked: false }) });

const isCarried = (input: unknown): input is Carried =>
  typeof input === 'object' && input !== null && 'v' in input;

/**
 * What a run begins with, or why its start object is no good. State that the run before handed over
 * and that this worker cannot read, such as without its key, waits: nothing is forgotten for it.
 */
export function hydrate(input: unknown): Carried | Refusal {
  if (workflowInfo().continuedFromExecutionRunId !== undefined) {
    if (isCarried(input)) return input;
    throw new Error(`the state of the run before cannot be read: ${unreadableIn(input) ?? ''}`);
  }
  const parsed = parseStart(input, 'strict', Date.now());
  if (!parsed.ok) return parsed;
  const expected = workflowIdOf(parsed.value.accountId);
  if (workflowInfo().workflowId !== expected) {
    return { refused: 'InvalidInput', message: `accountId: the workflow id should be ${expected}` };
  }
  const fresh = { actor: null, waiting: [], isCancelled: false, published: null };
  return { v: 1, start: parsed.value, ...fresh };
}
