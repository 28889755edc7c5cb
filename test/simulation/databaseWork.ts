/** The workflow's work with the database, as in src/workflows/persistence. */
import type { Entity } from '../../src/domain/entity/entity.js';
import type { Event } from '../../src/domain/account/events.js';
import type { Start } from '../../src/domain/commands/administer.js';
import { alert } from '../../src/domain/account/events.js';
import { openingsOf } from './openings.js';
import { checkRun, checkTwin } from './rules.js';
import { Tries } from './tries.js';

const DAY = 86_400_000;
const BLOCKED = 60_000;
const SAVE_ROWS_MAX = 200;

export class DatabaseWork extends Tries {
  /** Reads the account back and claims its row for this chain; tries until it succeeds. */
  open(): void {
    this.#openFrom(this.self.start, (opened) => {
      if (!opened) return;
      const { domain } = this.self.world;
      this.self.memory.entity = domain.pass(opened, this.self.world.serverNow());
      this.self.member.opened(opened);
      this.self.takeWaiting();
    });
  }

  #openFrom(start: Start, then: (opened: Entity | null) => void): void {
    const { world, member, owner } = this.self;
    const { domain } = world;
    const { database } = member;
    const today = Math.floor(world.serverNow() / DAY);
    this.begin(
      () => {
        const found = database.readBack(today);
        return () => {
          const { isReset } = this.self.memory;
          const entity = domain.restore(start, found, owner, world.serverNow(), isReset);
          const version = entity.version + 1;
          const row = domain.accountRow(entity.account, version);
          this.begin(
            () => {
              const isClaimed = database.claim(row, owner, found.account);
              const rivals = isClaimed ? world.rivalsOf(member) : [];
              return () => {
                if (!isClaimed) return then(null);
                this.self.memory.isReset = false;
                const claimed = { ...entity, version, savedVersion: version };
                const known = domain.record(claimed, domain.identified(entity.account, rivals));
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
    const { policy, openings } = this.self.entity.account;
    if (policy.sendingWindow === null) return false;
    return openings === null || this.self.now() + 30 * DAY > openings.until;
  }

  /** Does the due work once; the loop calls it again. */
  work(): void {
    const self = this.self;
    self.memory.entity = self.world.domain.pass(self.entity, self.world.serverNow());
    if (this.wantsOpenings()) this.#learnOpenings(() => this.#runOrSave());
    else this.#runOrSave();
  }

  #learnOpenings(then: () => void): void {
    const self = this.self;
    const { policy } = self.entity.account;
    const openings = openingsOf(policy.sendingWindow, self.now());
    this.begin(() => {
      return () => {
        const isSame = self.entity.account.policy.sendingWindow === policy.sendingWindow;
        if (openings && isSame) this.#record([{ type: 'OpeningsLearnt', openings }]);
        then();
      };
    }, then);
  }

  #record(events: readonly Event[]): void {
    this.self.memory.entity = this.self.world.domain.record(this.self.entity, events);
  }

  #runOrSave(): void {
    const self = this.self;
    const { memory } = self;
    if (self.isRunDue()) {
      const asked = memory.runsAsked;
      this.#reconcile('loop', (isDone) => {
        if (isDone) self.reset('tick');
        self.memory.runsDone = asked;
        this.#rest();
      });
    } else if (self.world.domain.isDirty(self.entity)) this.#save(() => this.#rest());
    else this.#rest();
  }

  #rest(): void {
    for (const alarm of ['soon', 'later', 'cool'] as const) this.self.reset(alarm);
  }

  /** Records the time of a save, unless it succeeded without a delivery. */
  #began(isSaved: boolean, entity: Entity): void {
    const { world, memory } = this.self;
    if (!isSaved || world.domain.hasSend(entity)) memory.lastSaveAt = world.serverNow();
  }

  #save(then: () => void): void {
    const self = this.self;
    const { domain } = self.world;
    const { entity, batch } = domain.sending(domain.pass(self.entity, self.world.serverNow()));
    self.memory.entity = entity;
    const request = { owner: self.owner, ...batch };
    this.begin(
      () => {
        const done = self.member.database.save(request);
        return () => {
          this.#began(done.saved, entity);
          if (!done.saved) {
            return this.#outrun(done, batch.write, () => this.#save(then), then);
          }
          self.memory.entity = domain.saved(self.entity, batch, done.foreign);
          return then();
        };
      },
      () => {
        this.#began(false, entity);
        then();
      },
    );
  }

  /** Does a run for a cold account that got a request; its loop continues (R12). */
  check(): void {
    this.#reconcile('check', () => this.self.answerAsking());
  }

  #reconcile(how: 'loop' | 'check', then: (isDone: boolean) => void): void {
    const { triedRun } = this.self.entity;
    if (triedRun) this.#recall(triedRun, how, then);
    else this.#run(how, then);
  }

  /** Asks for the outcome of a run without an answer, before another run begins. */
  #recall(runId: string, how: 'loop' | 'check', then: (isDone: boolean) => void): void {
    const self = this.self;
    const { domain } = self.world;
    const { entity, batch } = domain.sending(self.entity);
    self.memory.entity = entity;
    const { isSlow } = self.memory;
    const failed = (): void => {
      this.#record([{ type: 'ReconcileFailed', at: self.now() }]);
      then(false);
    };
    this.begin(
      () => {
        const run = self.member.database.recall(self.owner, runId, batch.write);
        return () => {
          self.memory.isSlow = isSlow;
          if (run === undefined) {
            const { owner, account } = self.member.database;
            const found = { owner, version: account?.version ?? 0, lastWrite: batch.write.number };
            return this.#outrun(found, batch.write, () => this.#run(how, then), failed);
          }
          if (run === null) return this.#run(how, then);
          self.world.happened('a lost answer was asked for');
          self.memory.entity = domain.recalled(self.entity, run);
          return then(true);
        };
      },
      failed,
      how,
    );
  }

  #run(how: 'loop' | 'check', then: (isDone: boolean) => void): void {
    const self = this.self;
    const { domain } = self.world;
    const { outbox: waiting } = self.entity;
    if (waiting.length > SAVE_ROWS_MAX && how === 'loop') {
      return this.#save(() => {
        if (self.entity.outbox.length >= waiting.length) then(false);
        else this.#run(how, then);
      });
    }
    const { entity, batch } = domain.sending(domain.pass(self.entity, self.world.serverNow()));
    self.memory.entity = entity;
    const { account } = entity;
    const at = account.now;
    const runId = `${self.owner}/${batch.write.number}.${batch.write.mark}`;
    const request = { owner: self.owner, ...batch, account, at, runId };
    const failed = (isUnknown: boolean): void => {
      if (isUnknown) self.memory.entity = { ...self.entity, triedRun: runId };
      this.#record([{ type: 'ReconcileFailed', at: self.now(), isUnknown }]);
      then(false);
    };
    const commit = (): (() => void) => {
      const ran = self.member.database.run(domain, request);
      if (ran.saved) checkRun(self.world, self.member, ran, account);
      return () => {
        this.#began(ran.saved, entity);
        if (!ran.saved) {
          return this.#outrun(
            ran,
            batch.write,
            () => this.#run(how, then),
            () => failed(false),
          );
        }
        if (self.entity.version !== batch.row.version) self.world.happened('a run raced messages');
        self.member.reconciling(ran.verdict);
        const { events } = ran.verdict;
        self.memory.entity = domain.reconciled(self.entity, batch, events, ran.foreign, at);
        return then(true);
      };
    };
    this.begin(
      commit,
      (isUnknown) => {
        this.#began(false, entity);
        failed(isUnknown);
      },
      how,
    );
  }

  /** The row has another owner or a newer version, so another program writes it (R14). */
  #outrun(
    found: { readonly owner: string; readonly version: number; readonly lastWrite?: number },
    write: { readonly number: number },
    again: () => void,
    then: () => void,
  ): void {
    const self = this.self;
    const { entity } = self;
    const isOwn = found.owner === self.owner;
    if (isOwn && (found.lastWrite ?? -1) >= write.number) return this.#catchUp(again, then);
    if (isOwn && found.version <= entity.version) return then();
    if (isOwn) {
      self.memory.isReset = true; // the loop reads the rows again
      return then();
    }
    self.memory.blockedUntil = self.world.serverNow() + BLOCKED;
    self.world.happened('two owners');
    const { account } = entity;
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

  /** A lost task has saved changes that this workflow does not know. */
  #catchUp(again: () => void, then: () => void): void {
    const self = this.self;
    const { domain } = self.world;
    this.begin(() => {
      const found = self.member.database.readBack(Math.floor(self.now() / DAY));
      return () => {
        const { owner } = self.member.database;
        if (!found.account || owner !== self.owner) return then();
        self.world.happened('caught up with a lost task');
        self.member.mayLoseReplies = true;
        const both = domain.caughtUp(self.entity, found, found.account);
        self.memory.entity = domain.pass(both, self.world.serverNow());
        return again();
      };
    }, then);
  }

  /** After a reset: merges the rows and this workflow, with the higher state of each slot. */
  reopen(): void {
    const self = this.self;
    const { accountId, isDisconnected } = self.entity.account;
    self.world.happened('a reset was noticed');
    this.#openFrom({ accountId, connect: !isDisconnected }, (opened) => {
      if (opened) {
        const { domain } = self.world;
        const own = domain.pass(self.entity, self.world.serverNow());
        const both = domain.record(opened, domain.merged(opened.account, own.account));
        self.memory.entity = domain.pass(both, self.world.serverNow());
        self.member.opened(both);
      }
    });
  }
}
