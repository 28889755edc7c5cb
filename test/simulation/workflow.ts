/**
 * The workflow of one account as in src/workflows: tasks that are completed or lost, a loop that
 * sleeps until work is due, and work with the database. The changes and answers of a task are kept
 * only when it is completed. If its worker dies, another worker processes the same messages again.
 */
import type { Entity } from '../../src/domain/entity/entity.js';
import type { Start } from '../../src/domain/commands/administer.js';
import { DatabaseWork } from './databaseWork.js';
import type { Member } from './member.js';
import { RUNG, copyOf, freshMemory, type Work, type Memory, type Message } from './memory.js';
import { broken } from './broken.js';
import { answersOf, serveLine, turnAt, waitingIn } from './line.js';
import type { World } from './world.js';
import type { Command, Refusal } from '../../src/domain/account/refusals.js';

const DAY = 86_400_000;
const SAVE_SOON = 2_000;
const SAVE_LATER = 10_000;
const MIDNIGHT_SPREAD = 90_000;
type Task = () => boolean | void;
type Alarm = 'soon' | 'later' | 'tick' | 'cool' | 'turn' | 'midnight';

export class Workflow {
  readonly world: World;
  readonly member: Member;
  readonly owner: string;
  readonly start: Start;
  readonly databaseWork: DatabaseWork;
  memory: Memory = freshMemory(null);
  /** The state after the last completed task, which queries see and which stays after a crash. */
  kept: Memory = freshMemory(null);
  isGone = false;
  isDown = false;
  /** How often it was reset: a lookup that began before is lost. */
  resets = 0;
  #inbox: Task[] = [];
  /** Those Updates whose callers may be gone, because the server forgets some with a lost task. */
  readonly #asks = new WeakSet<Task>();
  #held: Task[] = [];
  #answers: (() => void)[] = [];

  constructor(world: World, member: Member, start: Start) {
    this.world = world;
    this.member = member;
    this.start = start;
    this.owner = `chain ${(member.chains += 1)}`;
    this.databaseWork = new DatabaseWork(this);
    this.feed(() => this.#armMidnight());
  }

  /** The entity, after it is certain that the rows were read back. */
  get entity(): Entity {
    return this.memory.entity ?? broken('messages wait for the account to be read back', '');
  }

  /** Does one task completely or not at all. Returns false if it had no effect. */
  feed(task: Task): boolean {
    if (this.isGone) return false;
    if (this.isDown) {
      this.#held.push(task);
      return true;
    }
    this.#inbox.push(task);
    if (task() === false) {
      this.#inbox.pop();
      return false;
    }
    this.#drive();
    if (this.member.doom === 'die in task') this.die(1_500);
    else this.#finish();
    return true;
  }

  #finish(): void {
    const { work, check } = this.memory;
    if (this.isGone || work?.isFast || check) return;
    this.kept = copyOf(this.memory);
    this.#inbox = [];
    const answers = this.#answers;
    this.#answers = [];
    for (const answer of answers) answer();
  }

  /** Ends the worker. Another worker processes all messages since the last completed task. */
  die(forMs: number): void {
    this.member.doom = null;
    if (this.isDown || this.isGone) return;
    this.world.happened('worker died');
    if (this.#inbox.length > 0) this.world.happened('a task was lost');
    this.member.rewind(this.kept.entity);
    this.memory = copyOf(this.kept);
    this.#held = this.#inbox.filter((task) => !this.#isForgotten(task));
    this.#inbox = [];
    this.#answers = [];
    this.isDown = true;
    this.world.after(forMs, this.member, () => {
      this.isDown = false;
      const held = this.#held;
      this.#held = [];
      for (const task of held) this.feed(task);
      return held.length > 0;
    });
  }

  receive(message: Message): boolean {
    const task = (): void => this.#take(message);
    if (message.asks !== null) this.#asks.add(task);
    return this.feed(task);
  }

  /** Lets the caller ask again, or not. */
  #isForgotten(task: Task): boolean {
    if (!this.#asks.has(task) || this.world.steps % 2 === 0) return false;
    this.world.happened('an Update was lost with its task');
    return true;
  }

  #take(message: Message): void {
    const { memory } = this;
    if (!memory.entity) {
      if (message.asks === null) memory.waiting = [...memory.waiting, message];
      else if (message.unread) this.#answers.push(message.unread);
    } else if (message.asks !== null && memory.isReset) {
      if (message.unread) this.#answers.push(message.unread);
    } else if (message.asks !== null && this.#isCold(message.asks)) {
      memory.asking = [...memory.asking, message];
      this.world.happened('a cold account was asked');
      if (!memory.check) this.databaseWork.check();
    } else this.#act(message);
  }

  #act(message: Message): void {
    const answer = message.act(this);
    if (answer) this.#answers.push(answer);
  }

  #isCold(reservationId: string): boolean {
    const { domain } = this.world;
    const { account } = domain.pass(this.entity, this.world.serverNow());
    if (account.slots.some((slot) => slot.reservationId === reservationId)) return false;
    return domain.wantsCheck(account, account.now);
  }

  /** Gives the gate's answer to a caller that waited for the check (R12). */
  answerAsking(): void {
    const { asking } = this.memory;
    this.memory.asking = [];
    for (const message of asking) this.#act(message);
  }

  takeWaiting(): void {
    const { waiting } = this.memory;
    this.memory.waiting = [];
    for (const message of waiting) this.#take(message);
  }

  execute<I, A>(command: Command<I, A>, input: I): A | Refusal {
    const result = this.world.domain.execute(this.entity, command, input, this.world.serverNow());
    this.memory.entity = result.entity;
    return result.answer;
  }

  now(): number {
    return Math.max(this.memory.entity?.account.now ?? 0, this.world.serverNow());
  }

  #drive(): void {
    for (let turn = 0; turn < 50; turn += 1) {
      const { memory } = this;
      serveLine(this);
      this.#answers.push(...answersOf(this));
      if (memory.work) return;
      if (!memory.entity) this.databaseWork.open();
      else if (memory.isReset) this.databaseWork.reopen();
      else if (this.#isOver()) return this.#end();
      else if (memory.turn === RUNG) this.#takeTurn();
      else if (this.#isDue()) this.databaseWork.work();
      else if (memory.midnight !== RUNG) return this.#arm();
      else if (memory.check || memory.asking.length > 0) return;
      else this.continueAsNew();
    }
    broken('the loop comes to rest', '50 turns without one');
  }

  #isOver(): boolean {
    const { entity, check } = this.memory;
    if (!entity?.account.isDisconnected || check) return false;
    const { slots, line = [] } = entity.account;
    if (line.length > 0) return false;
    return !this.world.domain.isDirty(entity) && !slots.some(({ state }) => state === 'in_flight');
  }

  #end(): void {
    this.world.happened('ended after a disconnect');
    this.#inbox = [];
    for (const answer of this.#answers) answer();
    this.isGone = true;
    this.member.rewind(null);
    this.member.workflow = null;
  }

  #isDue(): boolean {
    const { memory, entity } = this;
    const { domain } = this.world;
    if (this.now() < memory.blockedUntil) return memory.cool === RUNG;
    if (this.isRunDue()) return true;
    if (memory.soon === RUNG || memory.later === RUNG || memory.cool === RUNG) return true;
    if (this.databaseWork.wantsOpenings()) return true;
    const isMidnight = memory.midnight === RUNG;
    if (!domain.isDirty(entity)) return isMidnight && this.#dayOfServer() > entity.account.day;
    if (isMidnight || entity.account.isDisconnected) return true;
    return domain.hasDelivery(entity) && this.world.serverNow() >= memory.lastSaveAt + SAVE_SOON;
  }

  /** Does a run: at the account's own tick, at a start, or at a request (R8, R12). */
  isRunDue(): boolean {
    const { memory, entity } = this;
    if (memory.runsAsked > memory.runsDone) return true;
    if (entity.account.isRunUnknown) return true;
    if (entity.account.reconciledAt === null) return !entity.account.isDisconnected;
    return memory.tick === RUNG && this.world.domain.isHot(entity);
  }

  #dayOfServer = (): number => Math.floor(this.world.serverNow() / DAY);

  #arm(): void {
    const { memory, entity } = this;
    const { domain } = this.world;
    if (!domain.isDirty(entity)) this.#cancel('later');
    if (!domain.hasDelivery(entity)) this.#cancel('soon');
    if (waitingIn(entity).length === 0) this.#cancel('turn');
    if (domain.isDirty(entity)) {
      this.#ringIn('later', SAVE_LATER);
      if (domain.hasDelivery(entity)) {
        this.#ringIn('soon', memory.lastSaveAt + SAVE_SOON - this.world.serverNow());
      }
    }
    const next = domain.nextRunAt(entity, this.now());
    if (next === null) this.#cancel('tick');
    else this.#ringIn('tick', next - this.now());
    this.#armTurn();
    const { cooldowns } = entity.account;
    if (cooldowns.length > 0 && memory.cool === 0) {
      const cooling = domain.cooldownAt(entity.account, this.now());
      if (cooling) this.#ringIn('cool', cooling.until - this.now());
    }
  }

  /** Serves the line; a cold account reconciles first, as for an ask that comes now. */
  #takeTurn(): void {
    this.reset('turn');
    const { domain } = this.world;
    const { account } = domain.pass(this.entity, this.world.serverNow());
    if (domain.wantsCheck(account, account.now)) this.memory.runsAsked += 1;
    else serveLine(this);
  }

  #armTurn(): void {
    const { memory } = this;
    const at = turnAt(this);
    if (at === null) return;
    const wait = Math.max(1, at - this.now());
    if (memory.turn > this.world.clock + wait) memory.turn = 0; // an earlier turn came
    this.#ringIn('turn', wait);
  }

  #ringIn(alarm: Alarm, ms: number): void {
    if (this.memory[alarm] !== 0) return;
    const at = this.world.clock + Math.max(1, ms);
    this.memory[alarm] = at;
    const { run } = this.memory;
    this.world.queue.plan(
      at,
      this.member.index,
      () =>
        this.feed(() => {
          if (this.memory.run !== run || this.memory[alarm] !== at) return false;
          this.memory[alarm] = RUNG;
          return true;
        }),
      true,
    );
  }

  /** Resets the alarm after it rang. */
  reset(alarm: Alarm): void {
    if (this.memory[alarm] === RUNG) this.memory[alarm] = 0;
  }

  /** Resets the alarm also before it rings: its work has been done. */
  #cancel(alarm: Alarm): void {
    this.memory[alarm] = 0;
  }

  #armMidnight(): void {
    const now = this.now();
    const spread = this.world.domain.hashOf(this.member.accountId) % MIDNIGHT_SPREAD;
    this.#ringIn('midnight', (Math.floor(now / DAY) + 1) * DAY - now + spread);
  }

  /** Copies the state as JSON, because a continue-as-new keeps nothing else. */
  continueAsNew(): void {
    this.world.happened('continued as new');
    const entity: Entity = JSON.parse(JSON.stringify(this.entity));
    const { run, waiting, isReset, replied } = this.memory;
    this.memory = { ...freshMemory(entity), run: run + 1, waiting, isReset, replied };
    this.#armMidnight();
    this.takeWaiting();
  }

  /** Loses the workflow with its history and its memory. */
  terminate(): void {
    this.member.mayLoseAsks = true;
    this.isGone = true;
    this.member.rewind(null);
    this.member.workflow = null;
  }

  /** Resets to an earlier event; all later messages are forgotten. */
  resetTo(entity: Entity): void {
    this.resets += 1;
    this.member.mayLoseAsks = true;
    this.member.rewind(null);
    this.memory = { ...freshMemory(entity), run: this.memory.run + 1, isReset: true };
    this.#inbox = [];
    this.#answers = [];
    this.feed(() => this.#armMidnight());
  }

  isBusyWith(work: Work): boolean {
    return this.memory.work === work || this.memory.check === work;
  }
}
