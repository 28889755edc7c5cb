/** The workflow's chores with the database, as src/workflows/chores.ts does them. */
import type { Actor } from '../../src/domain/actor.js';
import type { Event } from '../../src/domain/events.js';
import type { Start } from '../../src/domain/settings.js';
import { alert } from '../../src/domain/events.js';
import { openingsOf } from './openings.js';
import { checkRun, checkTwin } from './rules.js';
import type { Chore } from './memory.js';
import type { Workflow } from './workflow.js';

const DAY = 86_400_000;
const FAST = 1_000;
const CHECK = 4_500;
const SURE = 60_000;
const RETRY = 20_000;
const SLOW = 900;
const BLOCKED = 60_000;
const SAVE_ROWS_MAX = 200;

export class Chores {
  readonly #self: Workflow;

  constructor(self: Workflow) {
    this.#self = self;
  }

  #begin(commit: () => () => void, failed: () => void, how: 'loop' | 'check' = 'loop'): void {
    const { world, memory } = this.#self;
    const isFast = how === 'check' || !memory.isSlow;
    const deadline = world.clock + (how === 'check' ? CHECK : isFast ? FAST : SURE);
    const chore: Chore = { isFast, deadline, commit, failed };
    if (how === 'check') memory.check = chore;
    else memory.chore = chore;
    this.#attempt(chore);
  }

  #attempt(chore: Chore): void {
    const { world, member } = this.#self;
    world.after(world.latency(), member, () => {
      if (this.#self.isGone) return false;
      const { mode } = world;
      if (chore.isFast && member.doom === 'die before write') return this.#self.die(2_000);
      if (mode === 'up' || mode === 'slow') {
        const then = chore.commit();
        world.happened('a transaction was committed');
        if (chore.isFast && member.doom === 'die after write') {
          world.happened('died after a write');
          return this.#self.die(2_000);
        }
        return this.#answer(chore, then, world.latency() + (mode === 'slow' ? SLOW : 0));
      }
      world.happened(`database: ${mode}`);
      if (mode === 'answer lost') chore.commit();
      if (mode === 'late commit') {
        const late = 2_000 + world.latency() * 2_000;
        world.after(late, member, () => void chore.commit());
      }
      return this.#failed(chore);
    });
  }

  #failed(chore: Chore): void {
    const { world, member } = this.#self;
    if (!chore.isFast && world.clock + RETRY < chore.deadline) {
      world.after(RETRY, member, () => this.#attempt(chore));
      return;
    }
    const failed = (): void => {
      this.#self.memory.isSlow = true;
      chore.failed();
    };
    this.#answer(chore, failed, Math.max(1, chore.deadline - world.clock));
  }

  #answer(chore: Chore, then: () => void, delay: number): void {
    const { world, member } = this.#self;
    world.after(delay, member, () =>
      this.#self.feed(() => {
        const { memory } = this.#self;
        if (!this.#self.isBusyWith(chore)) return false;
        if (memory.check === chore) memory.check = null;
        else memory.chore = null;
        if (then !== chore.failed) memory.isSlow &&= false;
        then();
        return true;
      }),
    );
  }

  /** Reads the account back and makes its row this chain's own; tried until it succeeds. */
  open(): void {
    this.#openFrom(this.#self.start, (opened) => {
      if (!opened) return;
      const { domain } = this.#self.world;
      this.#self.memory.actor = domain.pass(opened, this.#self.world.serverNow());
      this.#self.member.opened(opened);
      this.#self.takeWaiting();
    });
  }

  #openFrom(start: Start, then: (opened: Actor | null) => void): void {
    const { world, member, owner } = this.#self;
    const { domain } = world;
    const { database } = member;
    const today = Math.floor(world.serverNow() / DAY);
    this.#begin(
      () => {
        const found = database.readBack(today);
        return () => {
          const actor = domain.openActor(start, found, owner, world.serverNow());
          const version = actor.version + 1;
          const row = domain.accountRow(actor.account, version);
          this.#begin(
            () => {
              const isClaimed = database.claim(row, owner, found.account);
              const rivals = isClaimed ? world.rivalsOf(member) : [];
              return () => {
                if (!isClaimed) return then(null);
                const claimed = { ...actor, version, savedVersion: version };
                const known = domain.record(claimed, domain.identified(actor.account, rivals));
                if (rivals.length > 0) checkTwin(known);
                return then(known);
              };
            },
            () => then(null),
          );
        };
      },
      () => then(null),
    );
  }

  wantsOpenings(): boolean {
    const { policy, openings } = this.#self.actor.account;
    if (policy.sendingWindow === null) return false;
    return openings === null || this.#self.now() + 30 * DAY > openings.until;
  }

  /** Does what is due, once; the loop asks again. */
  work(): void {
    const self = this.#self;
    self.memory.actor = self.world.domain.pass(self.actor, self.world.serverNow());
    if (this.wantsOpenings()) this.#learnOpenings(() => this.#runOrSave());
    else this.#runOrSave();
  }

  #learnOpenings(then: () => void): void {
    const self = this.#self;
    const { policy } = self.actor.account;
    const openings = openingsOf(policy.sendingWindow, self.now());
    this.#begin(() => {
      return () => {
        const isSame = self.actor.account.policy.sendingWindow === policy.sendingWindow;
        if (openings && isSame) this.#record([{ type: 'OpeningsLearnt', openings }]);
        then();
      };
    }, then);
  }

  #record(events: readonly Event[]): void {
    this.#self.memory.actor = this.#self.world.domain.record(this.#self.actor, events);
  }

  #runOrSave(): void {
    const self = this.#self;
    const { memory } = self;
    if (self.isRunDue()) {
      const asked = memory.runsAsked;
      this.#reconcile('loop', (isDone) => {
        if (isDone) self.reset('tick');
        self.memory.runsDone = asked;
        this.#rest();
      });
    } else if (self.world.domain.isDirty(self.actor)) this.#save(() => this.#rest());
    else this.#rest();
  }

  #rest(): void {
    for (const alarm of ['soon', 'later', 'cool'] as const) this.#self.reset(alarm);
  }

  #save(then: () => void): void {
    const self = this.#self;
    const { domain } = self.world;
    self.memory.actor = domain.pass(self.actor, self.world.serverNow());
    const batch = domain.batchOf(self.actor);
    const request = { owner: self.owner, ...batch };
    this.#begin(
      () => {
        const done = self.member.database.save(request);
        return () => {
          self.memory.lastSaveAt = self.world.serverNow();
          if (!done.saved) return this.#outrun(done, then);
          self.memory.actor = domain.saved(self.actor, batch, done.foreign);
          return then();
        };
      },
      () => {
        self.memory.lastSaveAt = self.world.serverNow();
        then();
      },
    );
  }

  /** A cold account is asked: its own run, while the loop goes on (R12). */
  check(): void {
    this.#reconcile('check', () => this.#self.answerAsking());
  }

  #reconcile(how: 'loop' | 'check', then: (isDone: boolean) => void): void {
    const self = this.#self;
    const { domain } = self.world;
    self.memory.actor = domain.pass(self.actor, self.world.serverNow());
    const { account, outbox } = self.actor;
    if (outbox.length > SAVE_ROWS_MAX && how === 'loop') {
      return this.#save(() => {
        if (self.actor.outbox.length >= outbox.length) then(false);
        else this.#reconcile(how, then);
      });
    }
    const batch = domain.batchOf(self.actor);
    const at = account.now;
    const request = { owner: self.owner, ...batch, account, at };
    const failed = (): void => {
      this.#record([{ type: 'ReconcileFailed', at: self.now() }]);
    };
    const commit = (): (() => void) => {
      const ran = self.member.database.run(domain, request);
      if (ran.saved) checkRun(self.world, ran, account);
      return () => {
        self.memory.lastSaveAt = self.world.serverNow();
        if (!ran.saved) {
          failed();
          return this.#outrun(ran, () => then(false));
        }
        if (self.actor.version !== batch.row.version) self.world.happened('a run raced messages');
        self.member.reconciling(ran.verdict);
        const { events } = ran.verdict;
        self.memory.actor = domain.reconciled(self.actor, batch, events, ran.foreign, at);
        return then(true);
      };
    };
    this.#begin(
      commit,
      () => {
        self.memory.lastSaveAt = self.world.serverNow();
        failed();
        then(false);
      },
      how,
    );
  }

  /** The row is another owner's, or newer than all we know: someone else writes it (R14). */
  #outrun(found: { readonly owner: string; readonly version: number }, then: () => void): void {
    const self = this.#self;
    const { actor } = self;
    const isOwn = found.owner === self.owner;
    if (isOwn && found.version <= actor.version) return then();
    self.memory.blockedUntil = self.world.serverNow() + BLOCKED;
    if (isOwn) return this.#reopen(then);
    self.world.happened('two owners');
    const { account } = actor;
    if (!account.cooldowns.some(({ cause }) => cause === 'two_owners')) {
      const { domain } = self.world;
      const until = (account.day + 1) * DAY;
      const counter = domain.counterOf(account, account.day);
      this.#record([
        domain.cooldownStarted('two_owners', until, counter, 'another'),
        alert('two_owners', 'critical', { message: 'another' }),
      ]);
    }
    return then();
  }

  #reopen(then: () => void): void {
    const self = this.#self;
    const { accountId, isDisconnected } = self.actor.account;
    self.world.happened('a reset was noticed');
    this.#openFrom({ accountId, connect: !isDisconnected }, (opened) => {
      if (opened) {
        const { domain } = self.world;
        const both = domain.record(opened, domain.merged(opened.account, self.actor.account));
        self.memory.actor = domain.pass(both, self.world.serverNow());
        self.member.opened(both);
      }
      then();
    });
  }
}
