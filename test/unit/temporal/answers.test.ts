/** Answers of activities have a name, and an activity accepts only its own answer. */
import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { Activities, WebhooksSent } from '../../../src/activities/ports.js';
import { checkingAnswers, named, namedDetails } from '../../../src/temporal/answers.js';
import { COMMIT_UNKNOWN, NOT_COMMITTED } from '../../../src/temporal/protocol.js';
import { outcomeOf } from '../../../src/workflows/activityProxies.js';

const SENT: WebhooksSent = { delivered: 2, failed: 1 };

const none = async (): Promise<never> => {
  throw new Error('this test does not call it');
};
const activities = (some: Partial<Activities>): Activities => ({
  readBack: none,
  claim: none,
  save: none,
  reconcile: none,
  recall: none,
  readLastRun: none,
  readClock: none,
  auditFleet: none,
  sendWebhooks: none,
  awaitEndpoint: none,
  noteBrake: none,
  runOrder: none,
  findContacts: none,
  claimContacts: none,
  leaveContacts: none,
  findReplies: none,
  expandWindow: none,
  ...some,
});
const send = (all: Activities): Promise<WebhooksSent> => all.sendWebhooks({ forMs: 1 });

/** An activity with these answers, in this order, and the reports about it. */
function answering(...answers: readonly (() => WebhooksSent)[]): {
  readonly answer: () => Promise<WebhooksSent>;
  readonly reported: (readonly string[])[];
  readonly asked: () => number;
} {
  let asked = 0;
  const reported: (readonly string[])[] = [];
  const sendWebhooks = async (): Promise<WebhooksSent> => answers[asked++]?.() ?? none();
  const all = checkingAnswers(activities({ sendWebhooks }), (...what) => void reported.push(what));
  return { answer: () => send(all), reported, asked: () => asked };
}
const failing = (type: string, answerOf?: string) => (): never => {
  throw ApplicationFailure.create({ type, details: namedDetails(answerOf) });
};
const plain = () => ({ ...SENT });
const own = () => ({ ...SENT, answerOf: 'sendWebhooks' });
const others = () => ({ ...SENT, answerOf: 'save' });

describe('the answer of an activity', () => {
  it('the answer of an activity contains its name', async () => {
    expect(await send(named(activities({ sendWebhooks: async () => SENT })))).toEqual(own());
    expect(await named(activities({ readClock: async () => 5 })).readClock()).toBe(5);
  });

  it('the answer of an activity is accepted, and its name is removed', async () => {
    const { answer, reported } = answering(own);
    expect(await answer()).toEqual(SENT);
    expect(reported).toEqual([]);
  });

  it('the answer of an activity is taken without a name, as older activities give it', async () => {
    expect(await answering(plain).answer()).toEqual(SENT);
  });

  it('an answer with the name of another activity is ignored, and the activity is started again', async () => {
    const { answer, reported, asked } = answering(others, others, own);
    expect(await answer()).toEqual(SENT);
    expect(asked()).toBe(3);
    expect(reported).toEqual([
      ['sendWebhooks', 'save'],
      ['sendWebhooks', 'save'],
    ]);
  });

  it('an activity that always gets the answer of another is a failed try with an unknown outcome', async () => {
    const { answer, asked } = answering(others, others, others, own);
    const error: unknown = await answer().catch((thrown: unknown) => thrown);
    expect(outcomeOf(error)).toBe('unknown');
    expect(asked()).toBe(3);
  });
});

describe('the failure of an activity', () => {
  it('the failure of an activity is taken with its own name, and without one', async () => {
    await expect(answering(failing(NOT_COMMITTED, 'sendWebhooks')).answer()).rejects.toMatchObject({
      type: NOT_COMMITTED,
    });
    await expect(answering(failing(COMMIT_UNKNOWN)).answer()).rejects.toMatchObject({
      type: COMMIT_UNKNOWN,
    });
  });

  it('the failure of an activity takes no answer with the name of another, also within a failure of Temporal', async () => {
    const cause = ApplicationFailure.create({
      type: NOT_COMMITTED,
      details: namedDetails('reconcile'),
    });
    const wrapped = (): never => {
      throw new ActivityFailure('failed', 'sendWebhooks', '1', RetryState.TIMEOUT, 'worker', cause);
    };
    const { answer, reported } = answering(failing(NOT_COMMITTED, 'save'), wrapped, own);
    expect(await answer()).toEqual(SENT);
    expect(reported).toEqual([
      ['sendWebhooks', 'save'],
      ['sendWebhooks', 'reconcile'],
    ]);
  });
});
