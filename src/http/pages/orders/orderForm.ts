/** The form of an order on many accounts: its fields, and the body of the API (R30). */
import { ORDER_KINDS, ORDER_RATE } from '../../../domain/fleet/order.js';
import { COOLDOWN_CAUSES } from '../../../domain/account/stops.js';
import { ACCOUNT_STATES } from '../../../domain/gate/accountState.js';
import { TIERS } from '../../../domain/primitives/tier.js';
import { invalidInput, type Problem } from '../../plumbing/problems.js';
import type { Failure } from '../actions/confirm.js';
import { windowFields, type Field } from '../actions/fields.js';
import { windowIn, type Form } from '../ui/form.js';

const pairs = (words: readonly string[], none: string): readonly (readonly [string, string])[] => [
  ['', none],
  ...words.map((word) => [word, word.replaceAll('_', ' ')] as const),
];
/** Why an order is made, stopped or taken back. */
export const REASON: Field = {
  name: 'reason',
  label: 'Reason',
  hint: 'The list of changes of each account shows it with the id of the order. A reconcile changes no setting, so there only the order has it.',
  isRequired: true,
};
const KEEPS = 'Leave empty to keep that of each account.';
/** The fields of the form of a new order. */
export const ORDER_FIELDS: readonly Field[] = [
  {
    name: 'kind',
    label: 'What each account does',
    isRequired: true,
    options: ORDER_KINDS.map((kind) => [kind, kind] as const),
  },
  {
    name: 'accountIds',
    label: 'Accounts',
    hint: 'Ids with a comma or a blank between them. The word all: every connected account.',
  },
  { name: 'group', label: 'Group', hint: 'Only accounts of this group.' },
  { name: 'tier', label: 'Tier', options: pairs(TIERS, 'every tier') },
  { name: 'state', label: 'State', options: pairs(ACCOUNT_STATES, 'every connected account') },
  {
    name: 'cooldown',
    label: 'Cooldown',
    hint: 'Only accounts in a cooldown with this cause. Resume then ends only this cooldown.',
    options: pairs(COOLDOWN_CAUSES, 'any or none'),
  },
  {
    name: 'change.dailyCap',
    label: 'New daily cap',
    hint: `Only for configure. ${KEEPS}`,
    isNumber: true,
  },
  {
    name: 'change.weeklyCap',
    label: 'New weekly cap',
    hint: `Only for configure. ${KEEPS}`,
    isNumber: true,
  },
  ...windowFields(null, 'to keep the hours of each account. Only for configure'),
  {
    name: 'change',
    label: 'Other settings',
    hint:
      'Only for configure: the fields of POST /v1/accounts/{id}/configure as JSON, such as ' +
      '{"ramp":{"name":"gentle"},"timezone":"Europe/Berlin"}. null sets the default.',
  },
  REASON,
  {
    name: 'perSecond',
    label: 'Accounts a second',
    hint: `From ${ORDER_RATE.min} to ${ORDER_RATE.max}.`,
    isNumber: true,
    value: `${ORDER_RATE.default}`,
  },
];

/** Returns the reason of the form; an empty one is refused. */
export function reasonIn({ reason = '' }: Form): string {
  if (reason !== '') return reason;
  throw invalidInput('reason should not be empty', 'reason');
}

/** Returns the order of the form, as a body of the API. */
export function orderIn(form: Form): object {
  const ids = (form['accountIds'] ?? '').split(/[\s,;]+/).filter(Boolean);
  const isAll = ids.length === 1 && ids[0] === 'all';
  const text = (name: string) => form[name] || undefined;
  return {
    kind: form['kind'],
    filter: {
      ...(isAll ? { all: true } : ids.length > 0 ? { accountIds: ids } : {}),
      group: text('group'),
      tier: text('tier'),
      state: text('state'),
      cooldown: text('cooldown'),
    },
    change: changeIn(form),
    reason: form['reason'] ?? '',
    perSecond: numberIn(form, 'perSecond'),
    expected: numberIn(form, 'expected'),
  };
}

function numberIn(form: Form, name: string): number | undefined {
  const text = form[name] ?? '';
  if (text === '') return undefined;
  if (/^\d{1,8}$/.test(text)) return Number(text);
  throw invalidInput(`${name} should be a whole number`, name);
}

/** Returns the settings of the fields and of the JSON; a setting is in one of them only. */
function changeIn(form: Form): object | undefined {
  const dailyCap = numberIn(form, 'change.dailyCap');
  const weeklyCap = numberIn(form, 'change.weeklyCap');
  const window = windowIn(form);
  const own = {
    ...(dailyCap === undefined ? {} : { dailyCap }),
    ...(weeklyCap === undefined ? {} : { weeklyCap }),
    ...(window === null ? {} : { sendingWindow: window }),
  };
  const others = objectIn(form['change'] ?? '');
  const twice = Object.keys(own).find((name) => Object.hasOwn(others, name));
  if (twice !== undefined) {
    throw invalidInput(`change should not have ${twice}: the form has a field for it`, 'change');
  }
  const change = { ...own, ...others };
  return Object.keys(change).length === 0 ? undefined : change;
}

function objectIn(text: string): object {
  if (text === '') return {};
  const value = jsonIn(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalidInput(CHANGE_WORDS, 'change');
}
const CHANGE_WORDS = 'change should be a JSON object such as {"timezone":"Europe/Berlin"}';

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidInput(CHANGE_WORDS, 'change');
  }
}

/** Returns the refusal with the names of the form: there, each filter is a field of its own. */
export const failureOf = ({ fields }: Problem): Failure => {
  const detail = fields.detail.replace(/^filter should be whole: /, '');
  const name = /^filter\.(\w+) /.exec(detail)?.[1];
  if (name === undefined) {
    return fields.field === 'filter' ? { ...fields, field: 'accountIds' } : fields;
  }
  const field = name === 'all' ? 'accountIds' : name;
  return { ...fields, field, detail: detail.replace(/^filter\./, '') };
};
