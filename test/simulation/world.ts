/**
 * A world: accounts with their workflows and databases, pipelines that send, a LinkedIn that
 * knows what really landed, and whatever the story's inputs do to them. One step is one thing that
 * happens to one account; after each the invariants are checked.
 */
import { isAccountId, isIdentity } from '../../src/domain/primitives/ids.js';
import { isSameMember } from '../../src/domain/primitives/linkedinId.js';
import type { Start } from '../../src/domain/commands/administer.js';
import { audit } from './audit.js';
import { doDeed } from './deeds.js';
import type { Domain } from './domain.js';
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
  /** Prints the story for a person; null if none listens. */
  readonly listener: ((line: string) => void) | null;
  clock: number;
  steps = 0;
  mode: Mode = 'up';
  /** The end of the trouble with the database. */
  modeUntil = 0;
  /** The servers' clock is behind by so much, until it has caught up. */
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
      this.queue.plan(input.at, input.member, () => doDeed(this, input));
    }
  }

  /** Every ten minutes; where nothing has happened since the last one it would find nothing. */
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

  /** How long a transaction takes: always the same at the same instant; one in eight is slow. */
  latency(): number {
    const mixed = Math.imul(Math.floor(this.clock) & 0xffffff, 0x9e3779b1) >>> 24;
    return mixed < 32 ? 20 * mixed : 1 + (mixed >>> 3);
  }

  /** The clock of the servers: it may step back, and then stands behind for a while. */
  serverNow(): number {
    if (this.behind > 0 && this.clock >= this.behindUntil) this.behind = 0;
    return this.clock - this.behind;
  }

  /** The clock stands behind, or did two minutes ago. */
  wasAstray(): boolean {
    return this.behindUntil > 0 && this.clock < this.behindUntil + 2 * MINUTE;
  }

  /** Everything up to that instant, one thing after the other. */
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

  /** Starts the account, or takes it back. */
  connect(member: Member): void {
    this.#deliver(member, connecting(this, member.start), true);
  }

  post(member: Member, delay: number, message: Message, starts = false): void {
    this.after(delay, member, () => this.#deliver(member, message, starts));
  }

  /** `starts`: an outcome starts the workflow of an account that has ended (R13). */
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

  /** Accounts that another workflow runs for the same person, or did this week (R13). */
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
