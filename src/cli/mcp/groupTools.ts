/** The tools about a group of accounts (R26, R31). */
import { NEXT_DEFAULT, NEXT_MAX } from '../../domain/diagnostics/canSend/groupOrder.js';
import {
  campaignId,
  fields,
  journaled,
  recipientId,
  reservationId,
  text,
  whole,
} from './fields.js';
import { queryOf, type Tool } from './tool.js';

/** An ask of a group is no message to an account: the answer names the account (R31). */
export const reserveInGroup: Tool = {
  name: 'reserve_in_group',
  title: 'Reserve a slot of a group',
  description:
    'Asks the accounts of a group for one slot, one after the other. The answer has the accountId ' +
    'that granted: use it for `permission` and `report`. Repeat it with the same reservationId if ' +
    'no answer comes.',
  inputSchema: fields(
    {
      group: text('The group, such as eu-sales.'),
      reservationId,
      campaignId,
      recipientId,
      journaled,
    },
    ['group', 'reservationId'],
  ),
  isRead: false,
  call: (http, { group, ...body }) =>
    http.post(`/v1/groups/${encodeURIComponent(String(group))}/sendReserve`, body),
};

export const nextInGroup: Tool = {
  name: 'next_in_group',
  title: 'Read which accounts of a group may send',
  description:
    'The accounts of a group that may send now or first, in the order in which to ask them, with ' +
    'times and reasons. It takes no slot. Accounts that need a person are left out.',
  inputSchema: fields(
    {
      group: text('The group, such as eu-sales.'),
      count: whole(`How many accounts; ${NEXT_DEFAULT} if absent.`, 1, NEXT_MAX),
    },
    ['group'],
  ),
  isRead: true,
  call: (http, { group, ...query }) =>
    http.get(`/v1/groups/${encodeURIComponent(String(group))}/next`, queryOf(query)),
};
