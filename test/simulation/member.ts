/** One LinkedIn account in the world: its workflow, its database, and its true sends. */
import type { Entity } from '../../src/domain/entity/entity.js';
import type { AccountId, Identity } from '../../src/domain/primitives/ids.js';
import type { Verdict } from '../../src/domain/reconcile/reconcile.js';
import type { Start } from '../../src/domain/commands/administer.js';
import type { PolicyChange } from '../../src/domain/commands/policyChange.js';
import { broken } from './broken.js';
import { Database } from './database.js';
import type { Send } from './send.js';
import { watch } from './rules.js';
import type { Imported } from './story.js';
import type { Workflow } from './workflow.js';
import type { World } from './world.js';

export type Doom = 'die before write' | 'die after write' | 'die in task';

export class Member {
  readonly index: number;
  readonly accountId: AccountId;
  readonly start: Start;
  readonly database = new Database();
  workflow: Workflow | null = null;
  chains = 0;
  /** How the worker of the account will end. */
  doom: Doom | null = null;
  /** The true outcome of each reservation. */
  readonly sends = new Map<string, Send>();
  /** InMails of pipelines that obey the gate, by UTC day, as LinkedIn counts them. */
  readonly landed = new Map<number, number>();
  /** The highest valid cap, by UTC day. */
  readonly caps = new Map<number, number>();
  /** Until this day LinkedIn may get more: a person resumed, or a reset forgot grants. */
  excusedUntil = -1;
  /** True if another writer had the row, or the workflow was reset: then two owners are expected. */
  hasRival = false;
  /** True after a send without a reserve, or an edit of the rows. */
  mayUndercount = false;
  /** True if its tier was `free` at some time: then a refusal teaches no ceiling. */
  wasFree = false;
  /** The day of the row that the last workflow left without a clean end. */
  uncleanDay = -1;
  /** True after a workflow was lost or reset: an ask that was not saved may be lost with it. */
  mayLoseAsks = false;
  /** True after a balance was forgotten, or two states of the account were joined. */
  mayLoseReplies = false;
  /** The chats whose reply gave a credit back, by the instant of the observed balance. */
  readonly refunds = new Map<number, Set<string>>();
  /** An older state, for a reset. */
  past: Entity | null = null;
  /** Proofs that the account received or can read; each must be counted. */
  readonly proofs = new Map<string, number>();
  /** The number of changes when an audit last found no difference. */
  auditedAt = -1;
  readonly #world: World;
  #observed: Entity | null = null;

  constructor(
    world: World,
    index: number,
    accountId: AccountId,
    identity: Identity,
    policy: PolicyChange & Imported,
  ) {
    this.#world = world;
    this.index = index;
    this.accountId = accountId;
    this.start = { accountId, connect: true, ...policy, identity };
  }

  /** Checks the invariants of everything that has changed since the last step. */
  check(): void {
    const entity = this.workflow?.memory.entity ?? null;
    if (entity === this.#observed) return;
    const before = this.#observed;
    this.#observed = entity;
    if (entity) watch(this.#world, this, before, entity);
  }

  /** Sets the state back to an earlier one, or to none. */
  rewind(to: Entity | null): void {
    this.check();
    this.#observed = to;
  }

  /** Forgets the state before a read-back, because it cannot be compared. */
  opened(entity: Entity): void {
    this.#observed = null;
    const { account } = entity;
    const isWaiting = account.cooldowns.some(
      ({ cause, until }) => cause === 'unclean_end' && until > account.now,
    );
    if (this.uncleanDay === account.day && !isWaiting) {
      broken('a start after an unclean end waits until midnight', this.accountId);
    }
    this.uncleanDay = -1;
    if (account.learnt) this.#world.happened('a ceiling was read from the row');
    for (const { cause } of entity.account.cooldowns) {
      this.#world.happened(`cooldown: ${cause}`);
      if (cause === 'two_owners' && !this.hasRival) broken('no second owner where none is', '');
    }
  }

  reconciling({ days, events, cooled }: Verdict): void {
    const today = days.at(-1);
    if (!today) return;
    if (today.after < today.before) this.#world.happened('corrected down');
    if (today.after > today.before) this.#world.happened('corrected up');
    if (cooled) this.#world.happened('overshoot cooldown');
    for (const { cause } of today.parts) this.#world.happened(`gap: ${cause}`);
    for (const event of events) {
      if (event.type === 'SlotReleased' && event.slot.state === 'released') {
        if (event.slot.reason === 'void') this.#world.happened('released behind the fence');
      }
    }
  }
}
