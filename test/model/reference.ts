/** The rules once more, naively, from the contract's sentences: recomputed from lists each time. */
import { FRESH, type Ext, type Logged, type RefAsk, type RefPolicy, type Res } from './kept.js';
import { isCampaignFull } from './campaign.js';
import { filled } from './copy.js';
import { Ledger } from './credits.js';
import { isPaced } from './pace.js';
import { contactsOf, isSamePerson } from './people.js';
import { readLog } from './readLog.js';
import { nextRenewal } from './renewal.js';
import { answerIn } from './shadow.js';
import { Ceiling, learns } from './learnt.js';
import { closeDays, velocityCap } from './velocity.js';
import { askedAgain, queued, reread, type RefWait, type Wish } from './waiting.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const BAND: Record<string, number> = { free: 0, premium: 25, sales_navigator: 50, recruiter: 50 };

export class Reference {
  now = 0;
  day = 0;
  rampDay = 1;
  highest = 0;
  cooledAt = 0;
  policy: RefPolicy;
  readonly accountId: string;
  all: Res[] = [];
  ext: Ext[] = [];
  cooldowns: { until: number; cause: string }[] = [];
  held = false;
  breaker = 0;
  disconnected = false;
  effects: { key: string; day: number }[] = [];
  /** The denials of today, each with its campaign. */
  denied: string[] = [];
  /** The grants of shadow mode that would have been denied. */
  readonly wouldDeny = new Map<string, { day: number; reason: string }>();
  /** The counters of days that are older than the week. */
  closed = new Map<number, number>();
  credits = new Ledger();
  /** The asks that wait, or whose decision is not reported yet, by their arrival; and all granted. */
  line: RefWait[] = [];
  readonly granted = new Map<string, RefWait>();
  ceiling = new Ceiling();
  /** The chats with a reply. */
  readonly replies = new Set<string>();

  constructor(accountId: string, policy: RefPolicy, now: number) {
    this.accountId = accountId;
    this.policy = policy;
    this.now = now;
    this.day = Math.floor(now / DAY);
    this.highest = this.stepped();
  }

  /** Returns a copy without the line. */
  copy = (): Reference => filled(new Reference(this.accountId, this.policy, this.now), this);
  dailyCap = (): number => Math.min(this.policy.dailyCap ?? 1e9, BAND[this.policy.tier] ?? 0);
  weeklyCap = (): number =>
    Math.min(this.policy.weeklyCap ?? 5 * this.dailyCap(), 5 * (BAND[this.policy.tier] ?? 0));
  rampCap = (): number => this.policy.ramp?.[this.rampDay - 1] ?? 1e9;
  stepped = (): number => Math.min(this.dailyCap(), this.rampCap());
  counter(day: number): number {
    const own = this.all.filter((r) => r.day === day && r.state !== 'released').length;
    return own + this.ext.filter((e) => e.day === day && e.counts && !e.gone).length;
  }
  carriedNow = (): Res[] =>
    this.all.filter((r) => r.carried.includes(this.day) && r.state !== 'released');
  earlier(): number {
    let sum = 0;
    for (let day = this.day - 6; day < this.day; day += 1) {
      sum += this.counter(day) - this.carriedNow().filter((r) => r.day === day).length;
    }
    return sum;
  }
  used = (): number => this.counter(this.day) + this.carriedNow().length;
  capOfDay = (): number => Math.min(this.stepped(), velocityCap(this), this.learntCap());
  effective = (): number =>
    Math.max(0, Math.min(this.capOfDay(), this.weeklyCap() - this.earlier()));
  learntCap = (): number => (this.policy.learntCap ? this.ceiling.cap : 1e9);
  /** A day that is older than the week keeps its counter. */
  sentOn = (day: number): number => this.closed.get(day) ?? this.counter(day);
  isKnown = (r: Res): boolean => !r.forgotten;
  forget(): void {
    for (const r of this.all) {
      const isOpen = r.state === 'in_flight' || r.carried.includes(this.day);
      if (!isOpen && r.day + 2 < this.day) r.forgotten = true;
    }
  }
  find = (id: string): Res | undefined => this.all.findLast((r) => r.id === id && this.isKnown(r));
  knownExt = (): Ext[] => this.ext.filter((e) => !e.gone && Math.floor(e.at / DAY) + 2 >= this.day);

  pass(at: number): void {
    this.now = Math.max(this.now, at);
    const day = Math.floor(this.now / DAY);
    if (day <= this.day) return;
    if (this.isOver() && !this.cooling(this.rolledAt(day)))
      this.cool('overshoot', this.rolledAt(day) + HOUR);
    const isEarned = this.all.some((r) => r.day === this.day && r.state === 'delivered');
    if (isEarned && this.rampDay <= (this.policy.ramp?.length ?? 0)) this.rampDay += 1;
    for (const r of this.all) {
      const mayLand = r.state === 'in_flight' || (r.state === 'uncertain' && r.lease > day * DAY);
      if (r.day < day && mayLand) r.carried.push(day);
    }
    closeDays(this, day);
    this.ceiling.closes(this.day, isEarned, BAND[this.policy.tier] ?? 0);
    this.credits.renew(this.day, day, this.policy, this.all);
    this.day = day;
    this.denied = [];
    this.forget();
    this.cooledAt = 0;
    this.highest = this.stepped();
  }
  /** True if the counter of today starts a cooldown. */
  isOver(): boolean {
    const counter = this.counter(this.day);
    return counter > this.highest && 5 * counter >= 6 * this.highest && counter > this.cooledAt;
  }
  /** An idle account rolls within two minutes of midnight; this counts as at once. */
  rolledAt = (day: number): number => (this.now - day * DAY <= 120_000 ? day * DAY : this.now);
  cool(cause: string, until: number): void {
    this.cooldowns.push({ cause, until });
    if (cause === 'overshoot') this.cooledAt = this.counter(this.day);
  }
  cooling = (at = this.now): boolean => this.cooldowns.some(({ until }) => at < until);

  isBroken = (): boolean => this.now < this.breaker || this.credits.isEmpty(this.all);
  denial({ recipient, again, campaign, free }: RefAsk): string | undefined {
    if (this.disconnected) return 'disconnected';
    if (this.held) return 'held';
    if (!free && this.isBroken()) return 'no_credits';
    if (this.cooling()) return 'cooldown';
    if ((BAND[this.policy.tier] ?? 0) === 0) return 'tier_has_no_inmail';
    const contacts = again ? [] : contactsOf(this.all.filter(this.isKnown), recipient);
    if (contacts[0]) return 'recipient_contacted';
    if (isCampaignFull(this, campaign)) return 'campaign_cap';
    if (this.earlier() + this.used() >= this.weeklyCap()) return 'weekly_cap';
    if (this.used() >= this.rampCap()) return 'ramp_cap';
    if (this.used() >= velocityCap(this)) return 'velocity_cap';
    if (this.used() >= this.learntCap()) return 'learnt_cap';
    if (this.used() >= this.dailyCap()) return 'daily_cap';
    const grants = this.all.filter((r) => r.day === this.day && this.isKnown(r)).length;
    if (grants >= Math.max(20, 3 * this.stepped())) return 'churn_cap';
    return isPaced(this, this.all.filter(this.isKnown)) ? 'paced' : undefined;
  }

  reserve(id: string, ask: RefAsk, leaseMs: number, wish?: Wish): string {
    const { recipient, campaign, free } = ask;
    const place = askedAgain(this, id, ask);
    if (place !== undefined) return place;
    const known = this.find(id);
    if (known) {
      if (known.state !== 'in_flight' || this.now >= known.lease) return 'ReservationSettled';
      const isSame = known.campaign === campaign && known.free === free;
      return isSame && isSamePerson(known.recipient, recipient)
        ? 'repeated'
        : 'ReservationConflict';
    }
    const waiting = queued(this, { id, ask, leaseMs }, wish);
    if (waiting !== undefined) return waiting;
    const denied = this.denial(ask);
    const { word, isGranted } = answerIn(this.policy, denied);
    if (!isGranted) {
      if (campaign !== undefined) this.denied.push(`${campaign} ${denied}`);
      return word;
    }
    this.wouldDeny.delete(id);
    if (denied) this.wouldDeny.set(id, { day: this.day, reason: denied });
    this.take(id, ask, leaseMs);
    return word;
  }
  take(id: string, { recipient, campaign, free }: RefAsk, leaseMs: number): void {
    const taken = { id, day: this.day, at: this.now, lease: this.now + leaseMs };
    this.all.push({ ...taken, recipient, campaign, free, ...FRESH, carried: [] });
  }

  deliver(id: string, chat: string, msg: string | undefined, isFromPerson = false): string {
    const mine = this.find(id);
    if (isFromPerson && !mine) return 'ReservationUnknown';
    const owner = this.all.find(
      (r) =>
        this.isKnown(r) &&
        r.state === 'delivered' &&
        r.chat === chat &&
        (r.msg === msg || (r.msg === undefined && msg !== undefined && r.learnt === msg)),
    );
    // Who only learnt the message id gives way to who brings it.
    const isLent =
      owner !== undefined && owner !== mine && owner.msg === undefined && msg !== undefined;
    if (owner && owner !== mine && !isLent) return 'ChatIdTaken';
    const ext = this.knownExt().find((e) => e.chat === chat && e.msg === msg);
    if (mine && ext && mine.at > ext.at) return 'ChatIdTaken';
    if (isLent) owner.learnt = undefined;
    if (!mine) {
      if (!ext) this.external(chat, msg, this.now, true);
      return 'external';
    }
    if (mine.state === 'delivered') return this.again(mine, chat, msg, ext);
    const claims =
      msg === undefined ? this.knownExt().find((e) => e.chat === chat && mine.at <= e.at) : ext;
    if (claims) this.claim(mine, claims);
    [mine.state, mine.chat, mine.sentAt] = ['delivered', chat, this.now];
    mine.msg = msg;
    mine.learnt = msg === undefined ? claims?.msg : undefined;
    return 'delivered';
  }
  private again(mine: Res, chat: string, msg: string | undefined, ext: Ext | undefined): string {
    const isOwn =
      mine.chat === chat && (msg === undefined || msg === mine.msg || msg === mine.learnt);
    if (isOwn) {
      if (msg !== undefined) [mine.msg, mine.learnt] = [msg, undefined];
    } else if (mine.chat === chat && mine.msg === undefined) {
      if (mine.learnt !== undefined) this.external(chat, mine.learnt, this.now, true);
      if (ext) this.claim(mine, ext);
      [mine.msg, mine.learnt] = [msg, undefined];
    } else if (!ext) this.external(chat, msg, this.now, true);
    return 'already_delivered';
  }
  private external(chat: string, msg: string | undefined, sentAt: number, counts: boolean): void {
    const day = Math.floor(sentAt / DAY);
    this.ext.push({ chat, msg, day, at: this.now, sentAt, counts, gone: false });
    this.credits.external(sentAt);
  }
  /** The same InMail: the room of the same day is taken once, two days keep theirs. */
  private claim(mine: Res, ext: Ext): void {
    ext.gone = true;
    this.credits.claimed(mine);
    if (ext.day !== mine.day && ext.counts) this.ext.push({ ...ext, at: -DAY * 9, gone: false });
  }

  fail(id: string, kind: string, retryAfterSeconds: number): string {
    const answer = this.failed(id, kind);
    this.effect(id, kind, retryAfterSeconds);
    return answer;
  }
  private failed(id: string, kind: string): string {
    const mine = this.find(id);
    const isRelease = kind !== 'unknown';
    if (!mine) return 'ReservationUnknown';
    if (mine.state === 'delivered') return isRelease ? 'ReservationSettled' : 'already_delivered';
    if (mine.state === 'released') return 'already_released';
    if (mine.state === 'uncertain' && !isRelease) return 'already_uncertain';
    mine.state = isRelease ? 'released' : 'uncertain';
    mine.reason = kind;
    mine.released = this.day;
    return mine.state;
  }
  private effect(id: string, kind: string, retryAfterSeconds: number): void {
    if (!['throttled', 'no_credits', 'restricted'].includes(kind)) return;
    const key = `${id}/${kind}`;
    if (this.effects.some((e) => e.key === key && e.day + 2 >= this.day)) return;
    this.effects.push({ key, day: this.day });
    if (kind !== 'no_credits') learns(this, id, BAND[this.policy.tier] ?? 0);
    if (kind === 'throttled') {
      const asked = Math.min(retryAfterSeconds * 1_000, 7 * DAY);
      this.cool('throttled', this.now + Math.max(HOUR, asked));
    } else if (kind === 'no_credits') {
      this.breaker = nextRenewal(this);
      this.credits.refused(this.all);
    } else {
      this.held = true;
      this.rampDay = 1;
    }
  }

  observe(chat: string, msg: string, recipient: string | undefined, reportedAt: number): string {
    const sentAt = Math.min(reportedAt, this.now);
    const owner = this.all.find(
      (r) =>
        this.isKnown(r) &&
        r.state === 'delivered' &&
        r.chat === chat &&
        (r.msg ?? r.learnt) === msg,
    );
    if (owner) return owner.id;
    if (this.knownExt().some((e) => e.chat === chat && e.msg === msg)) return 'known';
    const nameless = this.all.find(
      (r) => this.isKnown(r) && r.state === 'delivered' && r.chat === chat && !r.msg && !r.learnt,
    );
    if (nameless) {
      nameless.learnt = msg;
      return nameless.id;
    }
    const open = this.all.filter(
      (r) =>
        this.isKnown(r) &&
        (r.state === 'in_flight' || r.state === 'uncertain') &&
        recipient !== undefined &&
        isSamePerson(r.recipient, recipient) &&
        r.at <= sentAt + 60_000,
    );
    const [match] = open;
    if (match && open.length === 1) {
      Object.assign(match, { state: 'delivered', chat, msg, sentAt });
      return match.id;
    }
    const counts = this.now - sentAt <= 2 * DAY;
    this.external(chat, msg, sentAt, counts);
    return counts ? 'counted' : 'old';
  }

  settleReleased(id: string): string {
    const mine = this.find(id);
    if (!mine) return 'ReservationUnknown';
    if (mine.state === 'delivered') return 'ReservationSettled';
    if (mine.state === 'released') return 'already_released';
    if (this.now < mine.lease) return 'InvalidInput';
    [mine.state, mine.reason] = ['released', 'operator'];
    return 'released';
  }

  /** A new workflow, from rows that were all written; `isClean`: the last one had disconnected. */
  restart(isClean: boolean, log: readonly Logged[]): void {
    const lastDay = this.day;
    if (!isClean && (lastDay === this.day || this.now - this.day * DAY < HOUR)) {
      this.cool('unclean_end', (this.day + 1) * DAY);
    }
    this.disconnected = false;
    this.denied = [];
    this.forget();
    this.effects = this.all
      .filter((r) => r.state === 'released' && this.isKnown(r))
      .filter((r) => ['throttled', 'no_credits', 'restricted'].includes(r.reason))
      .map((r) => ({ key: `${r.id}/${r.reason}`, day: r.released }));
    readLog(this, log);
    reread(this);
  }

  configure(change: Partial<RefPolicy>): string {
    const tier = change.tier ?? this.policy.tier;
    const band = BAND[tier] ?? 0;
    const isOver = (change.dailyCap ?? 0) > band || (change.weeklyCap ?? 0) > 5 * band;
    if (isOver || change.ramp?.some((cap) => cap > band)) return 'CapAboveSafeBand';
    const isNewRamp =
      change.ramp !== undefined && JSON.stringify(change.ramp) !== JSON.stringify(this.policy.ramp);
    const isMoved = (change.creditsRenewOn ?? null) !== (this.policy.creditsRenewOn ?? null);
    this.policy = { ...this.policy, ...change };
    if ('creditsRenewOn' in change && isMoved && this.now < this.breaker)
      this.breaker = nextRenewal(this);
    if (isNewRamp) this.rampDay = 1;
    this.highest = Math.max(this.highest, this.stepped());
    return 'configured';
  }
  resume(): void {
    this.credits.forgetEmpty(this.all);
    this.held = false;
    this.breaker = 0;
    this.cooldowns = this.cooldowns.filter(({ cause }) => cause !== 'unclean_end');
  }
}
