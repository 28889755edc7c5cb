/** Plays one story to the domain and to the reference, and compares them after every step. */
import type { Entity } from '../../src/domain/entity/entity.js';
import { assertNever } from '../../src/domain/primitives/assert.js';
import {
  isAccountId,
  isCampaignId,
  isChatId,
  isMessageId,
  isRecipientId,
} from '../../src/domain/primitives/ids.js';
import type { Start } from '../../src/domain/commands/administer.js';
import type { Step, Story } from './commands.js';
import type { Domain } from '../support/domain.js';
import type { RefCampaign } from './kept.js';
import { maybe, rid, the } from './names.js';
import { Reference } from './reference.js';
import { checkContact, checkRetry } from './retry.js';
import { same } from './same.js';
import { Store } from './store.js';
import type { Refusal } from '../../src/domain/account/refusals.js';

const DAY = 86_400_000;

export class Play {
  readonly domain: Domain;
  readonly story: Story;
  readonly store = new Store();
  readonly reference: Reference;
  readonly happened: (what: string) => void;
  entity: Entity;
  clock: number;
  #chain = 0;

  constructor(domain: Domain, story: Story, happened: (what: string) => void) {
    this.domain = domain;
    this.story = story;
    this.happened = happened;
    this.clock = story.begin;
    this.entity = this.#open();
    this.reference = new Reference(this.entity.account.accountId, story, this.clock);
  }

  #open(): Entity {
    const { tier, dailyCap, weeklyCap, ramp, pacing, campaigns, mode, velocity } = this.story;
    const owner = `chain ${(this.#chain += 1)}`;
    const policy = {
      tier,
      dailyCap,
      weeklyCap,
      ramp: ramp && { dailyCaps: ramp },
      pacing,
      campaigns: campaignsOf(campaigns),
      mode,
      velocity,
    };
    const start: Start = {
      accountId: the(isAccountId, 'model'),
      connect: true,
      ...(this.store.account ? {} : policy),
    };
    const found = this.store.readBack(Math.floor(this.clock / DAY));
    const { restore: openActor, identified, record, accountRow } = this.domain;
    const opened = openActor(start, found, owner, this.clock);
    const version = opened.version + 1;
    this.store.claim(accountRow(opened.account, version), owner);
    const claimed = { ...opened, version, savedVersion: version };
    return record(claimed, identified(claimed.account, []));
  }

  #save(): void {
    const { batchOf, isDirty, saved } = this.domain;
    for (let i = 0; isDirty(this.entity) && i < 20; i += 1) {
      const batch = batchOf(this.entity);
      this.store.save(batch.row, batch.entries, this.entity.owner);
      this.store.save(batch.row, batch.entries, this.entity.owner); // an activity runs twice
      this.entity = saved(this.entity, batch, null);
    }
    same(this.store.wouldDeny, this.reference.wouldDeny);
  }

  #run<I, A>(
    command: Parameters<Domain['execute']>[1] extends never ? never : Tellable<I, A>,
    input: I,
  ): A | Refusal {
    const result = this.domain.execute(this.entity, command, input, this.clock);
    this.entity = result.entity;
    return result.answer;
  }

  /** One step in both worlds, and the answer of each. */
  step(step: Step): readonly [domain: string, reference: string] {
    const { reference, domain } = this;
    if (step.do === 'pass') this.clock += step.ms;
    if (step.do === 'toMidnight') {
      const next = (Math.floor(this.clock / DAY) + 1) * DAY + step.offsetMs;
      this.clock = Math.max(this.clock, next);
    }
    this.entity = domain.record(domain.pass(this.entity, this.clock), [
      { type: 'Reconciled', at: this.clock }, // each run succeeds on time
    ]);
    reference.pass(this.clock);
    switch (step.do) {
      case 'pass':
      case 'toMidnight':
        return ['', ''];
      case 'reserve':
        return [
          wordOf(
            this.#run(domain.reserve, {
              reservationId: rid(step.id),
              recipientId: maybe(isRecipientId, step.recipient),
              campaignId: maybe(isCampaignId, step.campaign),
              again: step.again,
              free: step.free,
              leaseSeconds: step.leaseSeconds,
            }),
          ),
          reference.reserve(step.id, step, step.leaseSeconds * 1_000),
        ];
      case 'deliver': {
        const messageId = maybe(isMessageId, step.msg);
        const report = { reservationId: rid(step.id), chatId: the(isChatId, step.chat), messageId };
        return [
          wordOf(this.#run(domain.deliver, report)),
          reference.deliver(step.id, step.chat, step.msg),
        ];
      }
      case 'fail': {
        const { kind, retryAfterSeconds } = step;
        const report = { reservationId: rid(step.id), kind, retryAfterSeconds };
        return [
          wordOf(this.#run(domain.fail, report)),
          reference.fail(step.id, kind, retryAfterSeconds),
        ];
      }
      case 'observe': {
        const sentAt = this.clock - step.agoMs;
        const observed = {
          chatId: the(isChatId, step.chat),
          messageId: the(isMessageId, step.msg),
          recipientId: maybe(isRecipientId, step.recipient),
          sentAt,
        };
        const answer = reference.observe(step.chat, step.msg, step.recipient, sentAt);
        return [wordOf(this.#run(domain.observe, observed)), answer === 'known' ? 'old' : answer];
      }
      case 'settle': {
        const order = {
          reservationId: rid(step.id),
          outcome: 'released',
          reason: 'x',
          actor: 'ada',
        } as const;
        return [
          wordOf(this.#run(domain.settleByOperator, order)),
          reference.settleReleased(step.id),
        ];
      }
      case 'credits': {
        const report = { balance: step.balance, at: this.clock - step.agoMs };
        const said = reference.credits.observe(report.balance, report.at, reference);
        return [creditsWord(this.#run(domain.observeCredits, report)), said];
      }
      case 'configure':
      case 'hold':
      case 'resume':
      case 'continue':
      case 'save':
      case 'restart':
        return this.#manage(step);
      default:
        return assertNever(step);
    }
  }

  #manage(
    step: Exclude<
      Step,
      {
        do:
          'pass' | 'toMidnight' | 'reserve' | 'deliver' | 'fail' | 'observe' | 'settle' | 'credits';
      }
    >,
  ): readonly [string, string] {
    const { reference, domain } = this;
    switch (step.do) {
      case 'configure': {
        const { ramp, campaigns, ...rest } = step.change;
        const change = {
          ...rest,
          ...(ramp === undefined ? {} : { ramp: ramp && { dailyCaps: ramp } }),
          ...(campaigns === undefined ? {} : { campaigns: campaignsOf(campaigns) }),
        };
        return [wordOf(this.#run(domain.configure, change)), reference.configure(step.change)];
      }
      case 'hold':
        this.#run(domain.hold, { reason: 'x', actor: 'ada' });
        reference.held = true;
        return ['', ''];
      case 'resume':
        this.#run(domain.resume, { reason: 'x', actor: 'ada' });
        reference.resume();
        return ['', ''];
      case 'continue':
        this.entity = JSON.parse(JSON.stringify(this.entity));
        return ['', ''];
      case 'save':
        this.#save();
        return ['', ''];
      case 'restart':
        if (step.isClean) {
          const leave = { reason: 'x', actor: 'ada' };
          this.#run((account, input: typeof leave) => domain.disconnect(account, input), leave);
        }
        this.#save();
        this.entity = this.#open();
        reference.restart(step.isClean, this.store.log);
        return ['', ''];
      default:
        return assertNever(step);
    }
  }

  /** Conservation, R2, and every number that people read. */
  compare(): void {
    const { reference, domain, entity } = this;
    const status = domain.statusWire(entity.account, this.clock, { version: 0, unsaved: 0 });
    const { inFlight, uncertain, delivered, external, imported, unexplained, counter } = status;
    same(counter, inFlight + uncertain + delivered + external + imported + unexplained);
    same(unexplained, 0);
    const actual = {
      counter,
      carried: status.carried,
      effective: status.caps.effective,
      weekUsed: status.weekUsed,
      rampDay: status.rampDay,
      isHeld: status.hold !== null,
      cooling: status.cooldown?.until ?? null,
      isBroken: status.breakerUntil !== null,
      balance: status.credits?.balance ?? null,
      inFlight,
      uncertain,
      denied: deniedOf(entity.account).toSorted(),
    };
    same(actual, {
      counter: reference.counter(reference.day),
      carried: reference.carriedNow().length,
      effective: reference.effective(),
      weekUsed: reference.earlier() + reference.used(),
      rampDay: reference.rampDay,
      isHeld: reference.held,
      cooling: coolingOf(reference),
      isBroken: reference.isBroken(),
      balance: leftOf(reference),
      inFlight: reference.all.filter((r) => r.day === reference.day && r.state === 'in_flight')
        .length,
      uncertain: reference.all.filter((r) => r.day === reference.day && r.state === 'uncertain')
        .length,
      denied: reference.denied.toSorted(),
    });
  }
}

const campaignsOf = (caps: readonly RefCampaign[] | null) =>
  caps && caps.map((one) => ({ ...one, campaignId: the(isCampaignId, one.campaignId) }));

/** Each denial of today with its campaign, as often as it happened. */
const deniedOf = ({ denied = [] }: Entity['account']): string[] =>
  denied.flatMap(({ campaignId, reason, count }) =>
    Array<string>(count).fill(`${campaignId} ${reason}`),
  );

type Tellable<I, A> = (
  account: Entity['account'],
  input: I,
  at: number,
) => {
  readonly events: readonly import('../../src/domain/account/events.js').Event[];
  readonly answer: A | Refusal;
};

const coolingOf = ({ cooldowns, now }: Reference): string | null => {
  const until = Math.max(0, ...cooldowns.map((one) => one.until));
  return now < until ? new Date(until).toISOString() : null;
};

const leftOf = ({ credits, all }: Reference): number | null => {
  const balance = credits.balance(all);
  return balance === undefined ? null : Math.max(0, balance);
};

/** Why an observation was ignored, or what is left of it. */
const creditsWord = (answer: object): string =>
  'ignored' in answer && 'balance' in answer ? String(answer.ignored ?? answer.balance) : 'refused';

/** An answer in the one word that the reference uses. */
function wordOf(answer: object): string {
  if ('refused' in answer) return String(answer.refused);
  if ('granted' in answer) {
    if (answer.granted === true) {
      if ('repeated' in answer && answer.repeated) return 'repeated';
      const barred = 'wouldDeny' in answer ? answer.wouldDeny : undefined;
      const isBarred = typeof barred === 'object' && barred !== null && 'reason' in barred;
      return isBarred ? `granted, would deny ${String(barred.reason)}` : 'granted';
    }
    return 'reason' in answer ? String(answer.reason) : 'denied';
  }
  if ('settled' in answer) return String(answer.settled);
  if ('matched' in answer && 'counted' in answer) {
    if (typeof answer.matched === 'string') return answer.matched;
    return answer.counted ? 'counted' : 'old';
  }
  return 'configured';
}

/** Plays the whole story; `happened` receives every answer, to show what really happened. */
export function play(domain: Domain, story: Story, happened: (what: string) => void): void {
  const run = new Play(domain, story, happened);
  run.compare();
  for (const [n, step] of story.steps.entries()) {
    const [answer, expected] = run.step(step);
    same([n, step, answer], [n, step, expected]);
    run.compare();
    if (step.do === 'reserve') {
      checkRetry(run, maybe(isCampaignId, step.campaign));
      checkContact(run, step.recipient);
    }
    if (answer) happened(`${step.do}: ${answer}`);
    if (run.reference.carriedNow().length > 0) happened('world: carried');
    if (step.do === 'restart') happened('world: restart');
  }
}
