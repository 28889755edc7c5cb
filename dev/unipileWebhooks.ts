/**
 * The webhooks of the simulated Unipile: it reports in order, with the secret in a header, and
 * repeats a report up to five times until the answer is 200.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** A LinkedIn account that is connected to this Unipile. */
export type UnipileAccount = {
  readonly id: string;
  /** The account at the simulated LinkedIn. */
  readonly linkedInAccountId: string;
  /** LinkedIn's id of the member. */
  readonly userId: string;
};
export type WebhookTarget = {
  readonly url: string;
  readonly secret: string;
  /** True: each report is sent twice. */
  readonly isTwice?: boolean;
};
/** A report, and the last answer to it; 0: the receiver could not be reached. */
export type Delivery = { readonly body: object; readonly status: number; readonly answer: string };

export type Message = {
  readonly chatId: string;
  readonly messageId?: string;
  readonly recipientId: string;
  readonly sentAt?: string;
  readonly type: 'INMAIL' | 'INMAIL_REPLY' | 'MESSAGE';
  /** True: the account has sent it. */
  readonly isSender: boolean;
};

const TRIES = 5;
/** Maximum deliveries that are kept. */
const DELIVERIES_MAX = 1_000;
const RETRY_MS = 50;

export class WebhookSender {
  readonly #now: () => number;
  readonly #deliveries: Delivery[] = [];
  #target: WebhookTarget | undefined;
  #queue: Promise<Delivery | undefined> = Promise.resolve(undefined);

  constructor(now: () => number) {
    this.#now = now;
  }

  sendTo(target: WebhookTarget): void {
    this.#target = target;
  }

  status(accountId: string, message: string): void {
    void this.#report({
      AccountStatus: { account_id: accountId, account_type: 'LINKEDIN', message },
    });
  }

  /** Reports a message; returns the last delivery, undefined if there is no webhook. */
  message(account: UnipileAccount, message: Message): Promise<Delivery | undefined> {
    const { chatId, recipientId, type, isSender } = message;
    const attendee = (id: string): object => ({
      attendee_id: `attendee of ${id}`,
      attendee_name: 'A Member',
      attendee_provider_id: id,
      attendee_profile_url: `https://www.linkedin.com/in/${id}/`,
    });
    const [sender, other] = isSender
      ? [account.userId, recipientId]
      : [recipientId, account.userId];
    return this.#report({
      account_id: account.id,
      account_type: 'LINKEDIN',
      account_info: { type: 'LINKEDIN', feature: 'classic', user_id: account.userId },
      event: 'message_received',
      webhook_name: 'safeband',
      chat_id: chatId,
      message_id: message.messageId ?? `msg-${randomUUID()}`,
      timestamp: message.sentAt ?? new Date(this.#now()).toISOString(),
      message: 'the text of the message',
      subject: null,
      sender: attendee(sender),
      attendees: [attendee(sender), attendee(other)],
      attachments: [],
      is_event: 0,
      is_sender: isSender,
      message_type: type,
      chat_content_type: type === 'MESSAGE' ? null : 'inmail',
    });
  }

  /** Resolves when all reports until now were delivered, with all deliveries. */
  async idle(): Promise<readonly Delivery[]> {
    for (let seen: Promise<unknown> | undefined; seen !== this.#queue;) {
      seen = this.#queue;
      await seen;
      await nextTurn(); // LinkedIn reports an InMail after it has taken it
    }
    return [...this.#deliveries];
  }

  async #report(body: object): Promise<Delivery | undefined> {
    const target = this.#target;
    if (!target) return undefined;
    this.#queue = this.#deliverAfter(this.#queue, target, body);
    return this.#queue;
  }

  async #deliverAfter(
    before: Promise<unknown>,
    target: WebhookTarget,
    body: object,
  ): Promise<Delivery | undefined> {
    await before;
    for (let n = target.isTwice ? 2 : 1; n > 0; n -= 1) {
      this.#deliveries.push(await deliver(target, body));
      if (this.#deliveries.length > DELIVERIES_MAX) this.#deliveries.shift();
    }
    return this.#deliveries.at(-1);
  }
}

/** Sends a report until the answer is 200, five times at most. */
async function deliver({ url, secret }: WebhookTarget, body: object): Promise<Delivery> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'unipile-auth': secret },
      body: JSON.stringify(body),
    }).catch(() => undefined);
    const status = answer?.status ?? 0;
    const text = (await answer?.text()) ?? '';
    if (status === 200 || tries === TRIES) return { body, status, answer: text };
    await sleep(RETRY_MS * tries);
  }
}
