/** Tries with the database, which succeed, fail, or are committed with a lost answer. */
import type { Chore } from './memory.js';
import type { Workflow } from './workflow.js';

const FAST = 1_000;
const CHECK = 4_500;
const SURE = 60_000;
const RETRY = 20_000;
const SLOW = 900;

/** Work that is tried with the database, by a local or an ordinary activity. */
export class Tries {
  protected readonly self: Workflow;
  /** Work of which a try may be or will be committed. */
  readonly #unknown = new WeakSet<Chore>();

  constructor(self: Workflow) {
    this.self = self;
  }

  protected begin(
    commit: () => () => void,
    failed: Chore['failed'],
    how: 'loop' | 'check' = 'loop',
  ): void {
    const { world, memory } = this.self;
    const isFast = how === 'check' || !memory.isSlow;
    const deadline = world.clock + (how === 'check' ? CHECK : isFast ? FAST : SURE);
    const chore: Chore = { isFast, deadline, commit, failed };
    if (how === 'check') memory.check = chore;
    else memory.chore = chore;
    this.#attempt(chore);
  }

  #attempt(chore: Chore): void {
    const { world, member } = this.self;
    world.after(world.latency(), member, () => {
      if (this.self.isGone) return false;
      const { mode } = world;
      if (chore.isFast && member.doom === 'die before write') return this.self.die(2_000);
      if (mode === 'up' || mode === 'slow') {
        const then = chore.commit();
        world.happened('a transaction was committed');
        if (chore.isFast && member.doom === 'die after write') {
          world.happened('died after a write');
          return this.self.die(2_000);
        }
        return this.#answer(chore, then, world.latency() + (mode === 'slow' ? SLOW : 0));
      }
      world.happened(`database: ${mode}`);
      if (mode !== 'away') this.#unknown.add(chore);
      if (mode === 'answer lost') chore.commit();
      if (mode === 'late commit') {
        const late = 2_000 + world.latency() * 2_000;
        world.after(late, member, () => void chore.commit());
      }
      return this.#failed(chore);
    });
  }

  #failed(chore: Chore): void {
    const { world, member } = this.self;
    if (!chore.isFast && world.clock + RETRY < chore.deadline) {
      world.after(RETRY, member, () => this.#attempt(chore));
      return;
    }
    const failed = (): void => {
      this.self.memory.isSlow = true;
      chore.failed(this.#unknown.has(chore));
    };
    this.#answer(chore, failed, Math.max(1, chore.deadline - world.clock));
  }

  #answer(chore: Chore, then: () => void, delay: number): void {
    const { world, member } = this.self;
    world.after(delay, member, () =>
      this.self.feed(() => {
        const { memory } = this.self;
        if (!this.self.isBusyWith(chore)) return false;
        if (memory.check === chore) memory.check = null;
        else memory.chore = null;
        memory.isSlow = false;
        then();
        return true;
      }),
    );
  }
}
