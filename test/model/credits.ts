/** The balance of credits once more, naively: written from the sentences of R24. */
import type { Ext, RefPolicy, Res } from './kept.js';
import { nextRenewal } from './renewal.js';

const DAY = 86_400_000;
const GRANT: Record<string, number> = { free: 0, premium: 5, sales_navigator: 50, recruiter: 30 };

type Known = {
  readonly now: number;
  readonly policy: RefPolicy;
  readonly all: readonly Res[];
  readonly ext: readonly Ext[];
};

export class Ledger {
  observed = 0;
  at: number | undefined;
  /** Renewals, replies and external sends; the slots are counted each time. */
  private other = 0;

  /** Returns a copy of a ledger. */
  static like(old: Ledger): Ledger {
    const copy = new Ledger();
    [copy.observed, copy.at, copy.other] = [old.observed, old.at, old.other];
    return copy;
  }

  /** What is left of the observed balance; undefined while none is known. */
  balance(all: readonly Res[]): number | undefined {
    const { at } = this;
    if (at === undefined) return undefined;
    const spent = all.filter((r) => !r.free && r.state !== 'released' && r.at >= at);
    return this.observed + this.other - spent.length;
  }
  isEmpty = (all: readonly Res[]): boolean => (this.balance(all) ?? 1) <= 0;

  observe(balance: number, said: number, { now, policy, all, ext }: Known): string {
    const at = Math.min(said, now);
    if (this.at !== undefined && at <= this.at) return 'older';
    if (now - at > 2 * DAY) return 'too_old';
    this.observed = balance;
    this.other = 0;
    this.at = at;
    const renewal = nextRenewal({ now: at, policy });
    if (renewal <= now) this.other = added(balance, policy);
    this.other -= ext.filter((e) => !e.gone && e.at >= at).length;
    return String(Math.max(0, this.balance(all) ?? 0));
  }
  external(sentAt: number): void {
    if (this.at !== undefined && sentAt >= this.at) this.other -= 1;
  }
  /** A reply gives one credit back. */
  refunded(): void {
    this.other += 1;
  }
  claimed({ at }: Res): void {
    if (this.at !== undefined && at >= this.at) this.other += 1;
  }
  /** The renewals of the midnights from a day to a later one. */
  renew(from: number, to: number, policy: RefPolicy, all: readonly Res[]): void {
    let next = nextRenewal({ now: from * DAY, policy });
    for (; next <= to * DAY; next = nextRenewal({ now: next, policy })) {
      const before = this.balance(all);
      if (before !== undefined) this.other += added(before, policy);
    }
  }
  refused(all: readonly Res[]): void {
    this.other -= Math.max(0, this.balance(all) ?? 0);
  }
  forgetEmpty(all: readonly Res[]): void {
    if (this.isEmpty(all)) this.at = undefined;
  }
}

/** A month's credits, up to those of three months; less than 0 is 0 before. */
function added(balance: number, { tier }: RefPolicy): number {
  const grant = GRANT[tier] ?? 0;
  const before = Math.max(0, balance);
  return Math.max(before, Math.min(before + grant, 3 * grant)) - balance;
}
