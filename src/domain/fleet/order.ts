/**
 * An order on many accounts (R30): what it asks for, which message each account gets, and what the
 * answer of the account means for the order.
 */
import { assertNever } from '../primitives/assert.js';
import { ACCOUNT_STATES } from '../gate/accountState.js';
import { isAccountId } from '../primitives/ids.js';
import { REASON_MAX } from '../primitives/text.js';
import { COOLDOWN_CAUSES, type CooldownCause } from '../account/stops.js';
import { ENDED_BY_RESUME, type Resume, type ResumedCause } from '../commands/administer.js';
import { orderFields, parseConfigure, tier } from '../wire/adminRequests.js';
import {
  may,
  mayElse,
  mayText,
  need,
  needText,
  object,
  parserOf,
  type Parser,
  type ValueOf,
} from '../wire/message.js';
import { group } from '../wire/settingText.js';
import {
  ACTOR_RULE,
  oneOf,
  REASON_RULE,
  textRule,
  valueBy,
  wholeNumber,
  yesOrNo,
} from '../wire/values.js';
import type { Flaw } from '../account/refusals.js';

export const ORDER_KINDS = ['hold', 'resume', 'configure', 'reconcile', 'disconnect'] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];
/** Maximum ids in the list of an order; more accounts are named by a filter. */
export const ORDER_IDS_MAX = 10_000;
export const ORDER_RATE = { min: 1, max: 500, default: 50 } as const;
export const ORDER_ID_PATTERN = '^[0-9a-f]{16}$';
/** The reason of each account also names the order, and must not be longer than a reason may be. */
const MARK_CHARS = ' (order 0123456789abcdef)'.length;
export const ORDER_REASON_RULE = textRule(REASON_MAX - MARK_CHARS);

const IDS_RULE = { type: 'array', items: { type: 'string' }, minItems: 1 } as const;
const accountIds = valueBy({ ...IDS_RULE, maxItems: ORDER_IDS_MAX }, (raw) => {
  const shouldBe = `a list of 1 to ${ORDER_IDS_MAX} account ids, each once`;
  if (!Array.isArray(raw) || raw.length === 0 || raw.length > ORDER_IDS_MAX) return { shouldBe };
  const value = raw.filter(isAccountId);
  return value.length === raw.length && new Set(value).size === raw.length
    ? { value }
    : { shouldBe };
});
const filterFields = {
  all: may(yesOrNo),
  group: may(group),
  tier: may(tier),
  state: may(oneOf(ACCOUNT_STATES)),
  cooldown: may(oneOf(COOLDOWN_CAUSES)),
  accountIds: may(accountIds),
};
/** Which accounts an order is for; with several filters, those that match all of them. */
export type OrderFilter = Omit<ValueOf<typeof filterFields>, 'group'> & {
  readonly group?: string | undefined;
};

const fields = {
  kind: need(oneOf(ORDER_KINDS)),
  filter: need(object('filter', filterFields)),
  reason: needText(ORDER_REASON_RULE),
  actor: needText(ACTOR_RULE),
  perSecond: mayElse(wholeNumber(ORDER_RATE.min, ORDER_RATE.max), ORDER_RATE.default),
  expected: may(wholeNumber(1, 10_000_000)),
};
export type OrderRequest = ValueOf<typeof fields> & {
  /** The body of `configure`, for each account; null for other kinds. */
  readonly change: object | null;
};
/** Who stops or takes back an order, and why. */
export const parseOrderBy = parserOf({ reason: fields.reason, actor: fields.actor });
const parseFields = parserOf(
  fields,
  ({ kind, filter }) => filterFlaw(filter) ?? causeFlaw(kind, filter),
);

function filterFlaw({ all, ...others }: OrderFilter): Flaw | undefined {
  const isNarrow = Object.values(others).some((one) => one !== undefined);
  if (isNarrow !== (all === true)) return undefined;
  const message = isNarrow
    ? 'filter.all should be absent if the filter names some accounts'
    : 'filter should name a group, tier, state, cooldown or account ids; or all: true for every account';
  return { refused: 'InvalidInput', message };
}

/** Only a cooldown that a person may end can be the cause of a resume. */
function causeFlaw(kind: OrderKind, { cooldown }: OrderFilter): Flaw | undefined {
  if (kind !== 'resume' || cooldown === undefined || resumedCause(cooldown)) return undefined;
  const message = `filter.cooldown should be ${ENDED_BY_RESUME.join(' or ')} for the kind resume`;
  return { refused: 'InvalidInput', message };
}
const resumedCause = (cause: CooldownCause | null | undefined): ResumedCause | undefined =>
  ENDED_BY_RESUME.find((one) => one === cause);

/** Reads an order. A change is read as `configure` reads it, before any account is asked. */
export const parseOrderRequest: Parser<OrderRequest> = (raw, mode, at) => {
  const parsed = parseFields(raw, mode, at);
  if (!parsed.ok) return parsed;
  const change = typeof raw === 'object' && raw !== null && 'change' in raw ? raw.change : null;
  const flaw = changeFlaw(parsed.value.kind, change, at);
  if (flaw) return { ok: false, ...flaw };
  const body = typeof change === 'object' ? change : null;
  return { ...parsed, value: { ...parsed.value, change: body } };
};

function changeFlaw(kind: OrderKind, change: unknown, at: number): Flaw | undefined {
  const refused = 'InvalidInput';
  if (kind !== 'configure') {
    const message = 'change should be absent: only the kind configure has one';
    return change === null || change === undefined ? undefined : { refused, message };
  }
  if (typeof change !== 'object' || change === null || Object.keys(change).length === 0) {
    return { refused, message: 'change should be an object such as {"dailyCap":30}' };
  }
  const own = ['reason', 'actor'].find((name) => Object.hasOwn(change, name));
  if (own) return { refused, message: `change.${own} should be absent: the order has it` };
  const parsed = parseConfigure(change, 'strict', at);
  return parsed.ok ? undefined : { refused: parsed.refused, message: `change.${parsed.message}` };
}

/**
 * Reads `resume`. `heldFor`: only a hold with exactly this reason ends, and nothing else.
 * `cooldown`: only a cooldown with this cause.
 */
export const resumeFields = {
  ...orderFields,
  heldFor: mayText(REASON_RULE),
  cooldown: may(oneOf(ENDED_BY_RESUME)),
};
export const parseResume: Parser<Resume> = parserOf(resumeFields, ({ heldFor, cooldown }) => {
  if (heldFor === undefined || cooldown === undefined) return undefined;
  const message = 'cooldown should be absent if heldFor names the hold that ends';
  return { refused: 'InvalidInput', message };
});

/** An order as it is kept. */
export type KeptOrder = Pick<OrderRequest, 'kind' | 'reason' | 'actor' | 'change'> & {
  readonly orderId: string;
  /** The order to hold that this one takes back, with its reason; null for every other order. */
  readonly takesBack: { readonly orderId: string; readonly reason: string } | null;
  /** The cooldown by which its accounts were chosen; null or absent: no such filter. */
  readonly cooldown?: CooldownCause | null;
};

/** Returns the reason that an account gets: it names the order, as the mark of its hold. */
export const reasonOf = ({ reason, orderId }: Pick<KeptOrder, 'reason' | 'orderId'>): string =>
  `${reason} (order ${orderId})`;

/** Returns the message that each account of the order gets; only a reconcile has no reason. */
export function messageOf(order: KeptOrder): { readonly name: string; readonly payload: object } {
  const { kind, actor, change, takesBack, cooldown } = order;
  const by = { reason: reasonOf(order), actor };
  switch (kind) {
    case 'hold':
    case 'disconnect':
      return { name: kind, payload: by };
    case 'resume': {
      const ended = resumedCause(cooldown);
      const only = takesBack ? { heldFor: reasonOf(takesBack) } : ended ? { cooldown: ended } : {};
      return { name: kind, payload: { ...by, ...only } };
    }
    case 'configure':
      return { name: kind, payload: { ...change, ...by } };
    case 'reconcile':
      return { name: 'reconcileNow', payload: {} };
    default:
      return assertNever(kind);
  }
}

/** What became of one account: `unchanged` by this order, because of another person or order. */
export type OrderOutcome = 'done' | 'unchanged' | 'failed';

/** Returns what the answer of an account means: a second hold, for example, changes nothing. */
export function outcomeOf(order: KeptOrder, answer: unknown): OrderOutcome {
  if (typeof answer !== 'object' || answer === null) return 'done';
  if ('unchanged' in answer && answer.unchanged === true) return 'unchanged';
  if (!('heldBefore' in answer)) return 'done';
  const before = answer.heldBefore;
  const isOwn =
    typeof before === 'object' &&
    before !== null &&
    'reason' in before &&
    before.reason === reasonOf(order);
  return isOwn ? 'done' : 'unchanged'; // its own: the message was repeated after a lost answer
}
