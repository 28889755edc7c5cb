/** The schema of a search and its answer. */
import { Type, type TObject } from 'typebox';
import {
  SEARCH_LIMIT,
  SEARCH_LIMIT_MAX,
  SEARCH_MAX,
  searchText,
} from '../../domain/wire/search.js';
import { groupQuery } from '../plumbing/groupFilter.js';
import { account, event, reservationOfAny } from './lists.js';
import { note } from './body.js';
import { accountId, campaignId, closed, count, instant } from './parts.js';

const { Array, Boolean, Integer, Optional, String } = Type;
const page = String({ description: 'The address of its page in the dashboard.' });
const linked = <T extends TObject>(item: T) => closed({ ...item.properties, page });
const part = <T extends TObject>(item: T, description: string) =>
  closed(
    {
      items: Array(linked(item)),
      isCut: Boolean({ description: 'True: there are more results than `limit`.' }),
    },
    description,
  );

export const searchQuery = closed({
  q: String({
    ...searchText.rule,
    ...note(
      `The beginning of an id, or the whole id of a member, at most ${SEARCH_MAX} characters.`,
      'q4-launch',
    ),
  }),
  ...groupQuery,
  limit: Optional(
    Integer({
      minimum: 1,
      maximum: SEARCH_LIMIT_MAX,
      default: SEARCH_LIMIT,
      description: 'Maximum number of results of each kind.',
    }),
  ),
});

export const campaign = closed({
  campaignId,
  states: closed({
    delivered: count('InMails that reached LinkedIn.'),
    in_flight: count('Reservations without a report.'),
    uncertain: count('InMails that may have reached LinkedIn.'),
    released: count('InMails that were not sent.'),
  }),
  reservations: count('The sum of the states.'),
  isCut: Boolean({ description: 'True: only the latest reservations were counted.' }),
  accounts: count('The number of accounts of these reservations.'),
  firstReservedAt: instant('The first of the counted reservations.'),
  lastReservedAt: instant('The last reservation.'),
  csv: String({ description: 'The address of a file with all reservations of the campaign.' }),
});

export const found = closed({
  q: String({ description: 'The text that was searched.' }),
  limit: Integer(),
  accounts: part(account, 'Accounts, by their id or by the member.'),
  reservations: part(reservationOfAny, 'Reservations, by their id.'),
  campaigns: part(campaign, 'Campaigns, by their id, with their reservations by state.'),
  recipients: part(reservationOfAny, 'Reservations whose recipient is this member, newest first.'),
  chats: part(closed({ accountId, ...event.properties }), 'Delivered InMails, by chat or message.'),
});
