/**
 * The brake of the fleet (R27), as a client or server knows it: an answer is used for a moment, and
 * without a fresh answer no caller gets a grant.
 */
import {
  holdsAll,
  isBraked,
  type BrakeState,
  type Engaged,
  type Released,
} from '../../domain/fleet/brake.js';
import { errorText } from '../../domain/primitives/errorText.js';
import type { Instant } from '../../domain/primitives/time.js';
import { SafebandError } from '../errors.js';

/** Who brakes or releases, and why; shown to other people. */
export type BrakeOrder = {
  readonly reason: string;
  readonly actor: string;
  /** Only the accounts of this group; absent or null: all accounts. */
  readonly group?: string | null;
};

/** The calls to Temporal that the brake needs. */
export interface BrakeTransport {
  /** Reads the brake until it is answered, or until the deadline. */
  read(deadline: Instant): Promise<BrakeState>;
  engage(order: BrakeOrder, deadline: Instant): Promise<Engaged>;
  release(order: BrakeOrder, deadline: Instant): Promise<Released>;
}

/**
 * How long an answer is used, from the moment at which its read began. Together with the time that
 * a grant needs to reach its caller, this is less than the 2 s of the contract.
 */
const FRESH_MS = 1_500;
/** How old an answer is when the next read begins, while callers ask. */
const READ_AGAIN_MS = 750;
/** How long the brake is read after the last question. */
const USED_MS = 10_000;
const DEADLINE_MS = 5_000;
const GROUPS_KNOWN_MAX = 10_000;

type Known = { readonly state: BrakeState; readonly at: Instant };
type Options = {
  readonly now?: () => Instant;
  /** Returns the group of an account; asked only while a brake holds some group. */
  readonly groupOf?: (accountId: string, deadline: Instant) => Promise<string | null>;
};

export class Brake {
  readonly #transport: BrakeTransport;
  readonly #now: () => Instant;
  readonly #groupOf: (accountId: string, deadline: Instant) => Promise<string | null>;
  readonly #groups = new Map<string, { readonly group: string | null; readonly at: Instant }>();
  #known: Known | undefined;
  #reading: Promise<Known> | undefined;
  #usedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(transport: BrakeTransport, { now = Date.now, groupOf }: Options = {}) {
    this.#transport = transport;
    this.#now = now;
    this.#groupOf = groupOf ?? (async () => null);
  }

  /** Puts the brake on for all accounts, or for a group. A second brake changes nothing. */
  async engage(order: BrakeOrder, deadlineMs = DEADLINE_MS): Promise<Engaged> {
    return this.#changed(this.#transport.engage(order, this.#now() + deadlineMs));
  }

  /** Releases the brake; null in the answer: it was not on. */
  async release(order: BrakeOrder, deadlineMs = DEADLINE_MS): Promise<Released> {
    return this.#changed(this.#transport.release(order, this.#now() + deadlineMs));
  }

  /** Returns the brakes that are on now. Throws `Unavailable` if that cannot be read in time. */
  async state(deadlineMs = DEADLINE_MS): Promise<BrakeState> {
    return (await this.#fresh(this.#now() + deadlineMs)).state;
  }

  /** True if the brake holds the account. Throws `Unavailable` if that is not known in time. */
  async holds(accountId: string, deadline: Instant): Promise<boolean> {
    const { state } = await this.#fresh(deadline);
    if (state.length === 0 || holdsAll(state)) return state.length > 0;
    return isBraked(state, await this.#group(accountId, deadline));
  }

  async #group(accountId: string, deadline: Instant): Promise<string | null> {
    const at = this.#now();
    const known = this.#groups.get(accountId);
    if (known && at - known.at < FRESH_MS) return known.group;
    const group = await this.#groupOf(accountId, deadline);
    if (this.#groups.size >= GROUPS_KNOWN_MAX) this.#groups.clear();
    this.#groups.set(accountId, { group, at });
    return group;
  }

  /** Forgets what is known, because this process has changed the brake. */
  async #changed<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      this.#known = undefined;
      this.#reading = undefined; // it may have begun before the change
    }
  }

  async #fresh(deadline: Instant): Promise<Known> {
    this.#usedAt = this.#now();
    for (;;) {
      const known = this.#known;
      if (known && this.#now() - known.at < FRESH_MS) {
        this.#keepReading();
        return known;
      }
      if (this.#now() >= deadline) throw unread('no answer in time');
      // A read that another caller began may end before this caller's deadline, without an answer.
      await this.#read(deadline).catch((error: unknown) => {
        if (this.#now() >= deadline) throw unread(error);
      });
    }
  }

  /** Begins a read, or joins the one that runs. */
  #read(deadline: Instant): Promise<Known> {
    const reading = (this.#reading ??= this.#readOnce(deadline).finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    }));
    return reading;
  }

  async #readOnce(deadline: Instant): Promise<Known> {
    const at = this.#now();
    const known = { state: await this.#transport.read(deadline), at };
    if (at > (this.#known?.at ?? -Infinity)) this.#known = known;
    return known;
  }

  /** Reads again before the answer is too old, so that no caller waits for it. */
  #keepReading(): void {
    if (this.#timer || !this.#known) return;
    const age = this.#now() - this.#known.at;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#now() - this.#usedAt > USED_MS) return;
        void this.#read(this.#now() + FRESH_MS).then(
          () => this.#keepReading(),
          () => undefined, // the next caller reads again
        );
      },
      Math.max(0, READ_AGAIN_MS - age),
    ).unref();
  }
}

const unread = (cause: unknown): SafebandError => {
  const why = errorText(cause);
  const text = `the brake cannot be read, so no account was asked: ${why}`;
  return new SafebandError('Unavailable', text, { cause });
};

/** A brake that is never on, for a client without Temporal. */
export const noBrake = (): Brake => {
  const refuse = async (): Promise<never> => {
    throw new SafebandError('Unavailable', 'this client has no brake');
  };
  return new Brake({ read: async () => [], engage: refuse, release: refuse });
};
