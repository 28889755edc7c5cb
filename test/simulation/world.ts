/**
 * A world has accounts with their workflows and databases, pipelines that send, and a LinkedIn with
 * the true sends. The inputs of the story act on them. One step is one event of one account, and the
 * invariants are checked after each step.
 */
import { isAccountId, isIdentity } from '../../src/domain/primitives/ids.js';
import { isSameMember } from '../../src/domain/primitives/linkedinId.js';
import type { Start } from '../../src/domain/commands/administer.js';
import { audit } from './audit.js';
import { doAction } from './actions.js';
import type { Domain } from '../support/domain.js';
import { Member } from './member.js';
import type { Message } from './memory.js';
import { named } from './names.js';
import { Queue } from './queue.js';
import type { Coverage } from './coverage.js';
import type { Story } from './story.js';
import { Workflow } from './workflow.js';

const MINUTE = 60_000;
const AUDIT = 10 * MINUTE;

export type Mode = 'up' | 'slow' | 'away' | 'answer lost' | 'commit lost' | 'late commit';

export class World {
  readonly domain: Domain;
  readonly story: Story;
  readonly queue = new Queue();
  readonly members: readonly Member[];
  readonly coverage: Coverage;
  /** Prints the story for a person; null without a reader. */
  readonly listener: ((line: string) => void) | null;
  clock: number;
  steps = 0;
  mode: Mode = 'up';
  /** When the faults of the database end. */
  modeUntil = 0;
  /** How far the servers' clock is behind, until it is right again. */
  behind = 0;
  behindUntil = 0;
  #isAuditPlanned = false;

  constructor(
    domain: Domain,
    story: Story,
    coverage: Coverage,
    listener: ((line: string) => void) | null = null,
  ) {
    this.domain = domain;
    this.story = story;
    this.coverage = coverage;
    this.listener = listener;
    this.clock = story.begin;
    this.members = story.members.map(({ policy, isTwin }, index) => {
      // A twin is the same member, in another spelling.
      const spelt = isTwin ? `urn:li:fsd_profile:member-${index - 1} ` : `member-${index}`;
      const identity = named(isIdentity, spelt);
      return new Member(this, index, named(isAccountId, `acme-${index}`), identity, policy);
    });
    for (const member of this.members) {
      const connect = (): void => this.connect(member);
      this.queue.plan(story.begin + member.index * 1_000, member.index, connect);
    }
    for (const input of story.inputs) {
      this.queue.plan(input.at, input.member, () => doAction(this, input));
    }
  }

  /** Audits every ten minutes, except if no event has happened since the last audit. */
  #audit(): boolean {
    this.#isAuditPlanned = false;
    if (this.mode !== 'away') for (const member of this.members) audit(this, member);
    return false;
  }

  happened(what: string): void {
    this.coverage.set(what, (this.coverage.get(what) ?? 0) + 1);
    if (this.listener) this.print(`      ${what}`);
  }

  print(line: string): void {
    if (this.listener) this.listener(`${new Date(this.clock).toISOString()} ${line}`);
  }

  after(ms: number, member: Member, happen: () => boolean | void): void {
    this.queue.plan(this.clock + ms, member.index, happen);
  }

  /** Returns how long a transaction takes: the same at the same instant, and one in eight is slow. */
  latency(): number {
    const mixed = Math.imul(Math.floor(this.clock) & 0xffffff, 0x9e3779b1) >>> 24;
    return mixed < 32 ? 20 * mixed : 1 + (mixed >>> 3);
  }

  /** Returns the clock of the servers, which may step back and then be behind for a while. */
  serverNow(): number {
    if (this.behind > 0 && this.clock >= this.behindUntil) this.behind = 0;
    return this.clock - this.behind;
  }

  /** True if the clock is behind, or was two minutes ago. */
  wasAstray(): boolean {
    return this.behindUntil > 0 && this.clock < this.behindUntil + 2 * MINUTE;
  }

  /** Plays all events up to that instant. */
  runUntil(instant: number): void {
    while (this.queue.next <= instant) this.step();
    this.clock = Math.max(this.clock, instant);
  }

  step(): void {
    const one = this.queue.take();
    if (!one) return;
    this.clock = one.at;
    if (this.mode !== 'up' && this.clock >= this.modeUntil) this.mode = 'up';
    if (one.happen() === false) return;
    this.steps += 1;
    if (!this.#isAuditPlanned) {
      this.#isAuditPlanned = true;
      const next = Math.floor(this.clock / AUDIT + 1) * AUDIT;
      this.queue.plan(next, -1, () => this.#audit(), true);
    }
    this.members[one.member]?.check();
  }

  /** Starts the account, or reconnects it. */
  connect(member: Member): void {
    this.#deliver(member, connecting(this, member.start), true);
  }

  post(member: Member, delay: number, message: Message, starts = false): void {
    this.after(delay, member, () => this.#deliver(member, message, starts));
  }

  /** With `starts`, an outcome starts the workflow of an account that has ended (R13). */
  #deliver(member: Member, message: Message, starts: boolean): boolean {
    if (!member.workflow) {
      if (!starts) return false;
      member.workflow = new Workflow(this, member, this.#startOf(member, message));
      this.happened('a workflow was started');
    }
    return member.workflow.receive(message);
  }

  #startOf(member: Member, message: Message): Start {
    const { accountId } = member;
    if (message.start === undefined) return { accountId, connect: false };
    return member.database.account ? { accountId, connect: true } : message.start;
  }

  /** Returns accounts of the same member that another workflow runs, or ran this week (R13). */
  rivalsOf(member: Member): readonly string[] {
    const day = member.database.account?.day ?? 0;
    return this.members.flatMap(({ accountId, database: { account } }) =>
      accountId !== member.accountId &&
      account !== null &&
      isSameMember(account.policy.identity ?? '', member.start.identity ?? '') &&
      (account.state !== 'disconnected' || account.day > day - 7)
        ? [accountId]
        : [],
    );
  }
}

const connecting = (world: World, start: Start): Message => ({
  asks: null,
  start,
  unread: null,
  act: (self) => {
    if (self.entity.account.isDisconnected) world.happened('connected again');
    const { accountId, identity } = start;
    self.execute(world.domain.connect, {
      accountId,
      connect: true,
      ...(identity === undefined ? {} : { identity }),
    });
    return null;
  },
});
