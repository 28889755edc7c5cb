/** Tries with the database, which succeed, fail, or are committed with a lost answer. */
import type { Work } from './memory.js';
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
  readonly #unknown = new WeakSet<Work>();

  constructor(self: Workflow) {
    this.self = self;
  }

  protected begin(
    commit: () => () => void,
    failed: Work['failed'],
    how: 'loop' | 'check' = 'loop',
  ): void {
    const { world, memory } = this.self;
    const isFast = how === 'check' || !memory.isSlow;
    const deadline = world.clock + (how === 'check' ? CHECK : isFast ? FAST : SURE);
    const work: Work = { isFast, deadline, commit, failed };
    if (how === 'check') memory.check = work;
    else memory.work = work;
    this.#attempt(work);
  }

  #attempt(work: Work): void {
    const { world, member } = this.self;
    world.after(world.latency(), member, () => {
      if (this.self.isGone) return false;
      const { mode } = world;
      if (work.isFast && member.doom === 'die before write') return this.self.die(2_000);
      if (mode === 'up' || mode === 'slow') {
        const then = work.commit();
        world.happened('a transaction was committed');
        if (work.isFast && member.doom === 'die after write') {
          world.happened('died after a write');
          return this.self.die(2_000);
        }
        return this.#answer(work, then, world.latency() + (mode === 'slow' ? SLOW : 0));
      }
      world.happened(`database: ${mode}`);
      if (mode !== 'away') this.#unknown.add(work);
      if (mode === 'answer lost') work.commit();
      if (mode === 'late commit') {
        const late = 2_000 + world.latency() * 2_000;
        world.after(late, member, () => void work.commit());
      }
      return this.#failed(work);
    });
  }

  #failed(work: Work): void {
    const { world, member } = this.self;
    if (!work.isFast && world.clock + RETRY < work.deadline) {
      world.after(RETRY, member, () => this.#attempt(work));
      return;
    }
    const failed = (): void => {
      this.self.memory.isSlow = true;
      work.failed(this.#unknown.has(work));
    };
    this.#answer(work, failed, Math.max(1, work.deadline - world.clock));
  }

  #answer(work: Work, then: () => void, delay: number): void {
    const { world, member } = this.self;
    world.after(delay, member, () =>
      this.self.feed(() => {
        const { memory } = this.self;
        if (!this.self.isBusyWith(work)) return false;
        if (memory.check === work) memory.check = null;
        else memory.work = null;
        memory.isSlow = false;
        then();
        return true;
      }),
    );
  }
}
