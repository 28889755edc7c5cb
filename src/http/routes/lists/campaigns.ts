/** `GET /v1/campaigns`: what campaigns asked, and what became of it, by campaign and day (R22). */
import { Type } from 'typebox';
import { dayOf, parseDay, type Instant } from '../../../domain/primitives/time.js';
import {
  dayRange,
  STATISTIC_DAYS_MAX,
  type DayRange,
} from '../../../domain/diagnostics/dayRange.js';
import { pageCampaignDays } from '../../../postgres/read/campaignDays.js';
import { isKnown } from '../../../postgres/read/lists.js';
import { textIn, type Query } from '../../plumbing/paging.js';
import { accountUnknown, invalidInput } from '../../plumbing/problems.js';
import * as items from '../../schemas/lists.js';
import { accountId, campaignId, day } from '../../schemas/parts.js';
import { list, place } from './list.js';

const { Optional, String } = Type;

function daysIn(query: Query, now: Instant): DayRange {
  const days = dayRange({ from: textIn(query, 'from'), to: textIn(query, 'to') }, dayOf(now));
  if ('refused' in days) throw invalidInput(days.message, days.field);
  return days;
}

export const campaigns = list({
  path: '/campaigns',
  name: 'campaigns',
  summary: 'What campaigns asked, and what became of it, by campaign and quota day',
  item: items.campaignDay,
  filters: {
    campaignId: Optional(campaignId),
    prefix: Optional(
      String({ maxLength: 128, description: 'Only campaigns whose ids begin with this text.' }),
    ),
    accountId: Optional(accountId),
    from: Optional(
      day(
        `The first quota day: 27 days before the last by default, ${STATISTIC_DAYS_MAX - 1} at most.`,
      ),
    ),
    to: Optional(day('The last quota day: today by default.')),
  },
  place: place(String(), day('Its quota day.')),
  read: async ({ parts: { pool, now }, accounts, query, after, limit }) => {
    const days = daysIn(query, now());
    const only = textIn(query, 'accountId');
    const isSeen = only === null || accounts === null || accounts.includes(only);
    if (only !== null && !(isSeen && (await isKnown(pool, only)))) throw accountUnknown();
    const is = textIn(query, 'campaignId');
    const prefix = textIn(query, 'prefix');
    if (is !== null && prefix !== null) {
      throw invalidInput('prefix should be absent with campaignId', 'prefix');
    }
    return pageCampaignDays(
      pool,
      {
        ...days,
        accounts: only === null ? accounts : [only],
        campaign: is === null ? { beginsWith: prefix ?? '' } : { is },
      },
      {
        after: after && { campaignId: after[0], day: parseDay(after[1]) ?? null },
        maxRows: limit,
        maxCampaigns: limit,
      },
    );
  },
});
