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
import { compare } from './compare.js';
import { reply } from './replies.js';
import { checkContact, checkRetry } from './retry.js';
import { same } from './same.js';
import { Store } from './store.js';
import { creditsWord, wordOf } from './words.js';
import { isOpen, serve, told, withdraw } from './waiting.js';
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
    const { tier, dailyCap, weeklyCap, ramp, pacing, campaigns, mode, ...more } = this.story;
    const owner = `chain ${(this.#chain += 1)}`;
    const policy = {
      tier,
      dailyCap,
      weeklyCap,
      ramp: ramp && { dailyCaps: ramp },
      pacing,
      campaigns: campaignsOf(campaigns),
      mode,
      velocity: more.velocity,
      learntCap: more.learntCap,
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
    this.#tell();
    same(this.store.wouldDeny, this.reference.wouldDeny);
  }

  /** Reports the decisions that are saved, each once. */
  #tell(): void {
    const { answerable, record, decidedWire } = this.domain;
    const answers = answerable(this.entity).map((ask) => {
      const decision = decidedWire(this.entity.account, ask, this.clock);
      const { reservationId } = ask;
      this.entity = record(this.entity, [{ type: 'AskAnswered', reservationId }]);
      return `${reservationId} ${decision.granted ? 'granted' : decision.reason}`;
    });
    same(answers, told(this.reference));
    for (const answer of answers) this.happened(`line: ${answer.split(' ')[1]}`);
  }

  /** Ends and turns of the line: the account serves it after each message and at each turn. */
  #serve(): number {
    const { reference, domain } = this;
    const isEmpty = domain.lineOf(this.entity.account).length === 0;
    same(isEmpty, reference.line.length === 0);
    if (isEmpty) return 0;
    this.#run(domain.serve, null);
    const decided = serve(reference);
    same(
      domain.lineOf(this.entity.account).map((ask) => `${ask.reservationId} ${ask.decided}`),
      reference.line.map((ask) => `${ask.id} ${ask.decided}`),
    );
    return decided;
  }

  /** Returns when the line has to be served next. */
  get nextTurn(): number | null {
    return this.domain.nextTurn(this.entity.account, this.clock);
  }

  /** The time passes: nothing is decided before the next turn, and at it the gate is open. */
  #pass(step: Step): void {
    const { reference, domain } = this;
    const turn = this.nextTurn;
    // A reconcile would start a cooldown, or settle what is in flight; here none does.
    const isForeseen = !domain.isCooldownDue(this.entity.account);
    const isSettled = this.entity.account.slots.every(({ state }) => state !== 'in_flight');
    if (step.do === 'pass') this.clock += step.ms;
    if (step.do === 'toTurn') this.clock = Math.max(this.clock, turn ?? 0);
    if (step.do === 'toMidnight') {
      const next = (Math.floor(this.clock / DAY) + 1) * DAY + step.offsetMs;
      this.clock = Math.max(this.clock, next);
    }
    this.entity = domain.record(domain.pass(this.entity, this.clock), [
      { type: 'Reconciled', at: this.clock }, // each run succeeds on time
    ]);
    reference.pass(this.clock);
    for (const what of reference.ceiling.happened.splice(0)) this.happened(`world: ${what}`);
    const decided = this.#serve();
    if (!isForeseen) return;
    if (this.clock < (turn ?? Infinity)) same(decided, 0);
    if (this.clock === turn && isSettled) same(decided > 0 || isOpen(reference), true);
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
    this.#pass(step);
    const answers = this.#answers(step);
    this.#serve();
    return answers;
  }

  #answers(step: Step): readonly [domain: string, reference: string] {
    const { reference, domain } = this;
    switch (step.do) {
      case 'pass':
      case 'toTurn':
      case 'toMidnight':
        return ['', ''];
      case 'withdraw':
        return [
          wordOf(this.#run(domain.withdraw, { reservationId: rid(step.id) })),
          withdraw(reference, step.id),
        ];
      case 'reserve': {
        const { waitMs, priority } = step;
        const wish =
          waitMs === undefined ? undefined : { validUntil: this.clock + waitMs, priority };
        return [
          wordOf(
            this.#run(domain.ask, {
              reservationId: rid(step.id),
              recipientId: maybe(isRecipientId, step.recipient),
              campaignId: maybe(isCampaignId, step.campaign),
              again: step.again,
              free: step.free,
              leaseSeconds: step.leaseSeconds,
              ...(wish ? { wait: true, ...wish } : {}),
            }),
          ),
          reference.reserve(step.id, step, step.leaseSeconds * 1_000, wish),
        ];
      }
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
      case 'reply':
        return reply(this, step);
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
          | 'pass'
          | 'toTurn'
          | 'withdraw'
          | 'toMidnight'
          | 'reserve'
          | 'deliver'
          | 'fail'
          | 'observe'
          | 'settle'
          | 'credits'
          | 'reply';
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
          reference.disconnected = true;
          this.#serve();
        }
        this.#save();
        this.entity = this.#open();
        reference.restart(step.isClean, this.store.log);
        return ['', ''];
      default:
        return assertNever(step);
    }
  }
}

const campaignsOf = (caps: readonly RefCampaign[] | null) =>
  caps && caps.map((one) => ({ ...one, campaignId: the(isCampaignId, one.campaignId) }));

type Tellable<I, A> = (
  account: Entity['account'],
  input: I,
  at: number,
) => {
  readonly events: readonly import('../../src/domain/account/events.js').Event[];
  readonly answer: A | Refusal;
};

/** Plays the whole story; `happened` receives every answer, to show what really happened. */
export function play(domain: Domain, story: Story, happened: (what: string) => void): void {
  const run = new Play(domain, story, happened);
  compare(run);
  for (const [n, step] of story.steps.entries()) {
    const [answer, expected] = run.step(step);
    same([n, step, answer], [n, step, expected]);
    compare(run);
    if (step.do === 'reserve') {
      // The forecasts assume that each ask of the line gets a slot, which need not come true.
      const isAlone = run.reference.line.length === 0;
      if (isAlone) checkRetry(run, maybe(isCampaignId, step.campaign));
      if (isAlone) checkContact(run, step.recipient);
    }
    const [word] = answer.split(/ \d/); // without its place
    if (answer) happened(`${step.do}: ${word}`);
    if (run.reference.carriedNow().length > 0) happened('world: carried');
    if (step.do === 'restart') happened('world: restart');
  }
}
