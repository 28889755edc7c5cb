/** `safeband campaigns`: what campaigns asked, and what became of it, by quota day (R22). */
import { Argument, InvalidArgumentError, type Command } from 'commander';
import { sumOfCampaigns, type CampaignDay } from '../../../domain/diagnostics/campaignDay.js';
import { csvLine } from '../../../domain/primitives/csv.js';
import { dayOf, isoDay, parseDay } from '../../../domain/primitives/time.js';
import {
  dayRange,
  STATISTIC_DAYS_MAX,
  type DayRange,
} from '../../../domain/diagnostics/dayRange.js';
import { withExamples, type Register } from '../../command.js';
import { usage } from '../../errors.js';
import { accountId as idOf, campaign, groupFilterOption, whole } from '../../options.js';
import type { Row, Style } from '../../output.js';
import { CAMPAIGN_DAY, type CampaignDays } from '../../source/campaigns.js';
import { cutText, thousands } from '../../text.js';

const LIMIT = 50;

/** A quota day, such as 2026-11-24. */
function dayText(raw: string): string {
  if (parseDay(raw) !== undefined) return raw;
  throw new InvalidArgumentError('Use a day such as 2026-11-24.');
}

type Options = {
  readonly account?: string;
  readonly group?: string;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly csv?: true;
};

export const registerCampaigns: Register = (program: Command, context) => {
  const command = program
    .command('campaigns')
    .summary('what campaigns asked and sent, by quota day; --csv prints all rows')
    .description(
      'Lists each campaign by quota day: how many slots it asked for, how many were granted and ' +
        'denied, and what became of the granted ones. Without days, the last 28 quota days.',
    )
    .addArgument(new Argument('[campaign]', 'only this campaign').argParser(campaign))
    .option('--account <account>', 'only what this account was asked', idOf)
    .addOption(groupFilterOption('asks of accounts'))
    .option('--from <day>', `the first quota day; at most ${STATISTIC_DAYS_MAX} days`, dayText)
    .option('--to <day>', 'the last quota day (default: today)', dayText)
    .option('--limit <n>', `how many rows to show (default: ${LIMIT})`, whole(1, 1_000))
    .option('--csv', 'print CSV with a header: all rows, unless --limit is given')
    .action(async (campaignId: string | undefined, options: Options) => {
      const { account, group, limit, csv = false } = options;
      if (csv && context.isJson) throw usage('--csv: leave out --json, because each is a format');
      if (account !== undefined && group !== undefined) {
        throw usage('name --account or --group, not both', 'safeband campaigns --help');
      }
      const days = dayRange(options, dayOf(context.now()));
      if ('refused' in days) throw usage(`--${days.message}`, 'safeband campaigns --help');
      const asked = {
        campaignId: campaignId ?? null,
        accountId: account ?? null,
        group: group ?? null,
        ...days,
      };
      const most = limit ?? (csv ? Infinity : LIMIT);
      const found = await context.world.source().campaigns({ ...asked, limit: most });
      context.answer({
        json: { ...asked, from: isoDay(days.from), to: isoDay(days.to), ...found },
        text: (style) =>
          csv ? csvOf(found) : textOf(found, { days, campaignId, limit: most }, style),
      });
    });
  withExamples(
    command,
    'campaigns',
    'campaigns q4-launch --from 2026-11-01 --to 2026-11-24',
    'campaigns --account acme-anna --csv > campaigns.csv',
    'campaigns --group eu-sales',
  );
};

/** Returns the rows as the file of the HTTP API has them; a line ends with one character. */
const csvOf = ({ items }: CampaignDays): string =>
  [CAMPAIGN_DAY, ...items.map((one) => CAMPAIGN_DAY.map((name) => one[name]))]
    .map((cells) => csvLine(cells).trimEnd())
    .join('\n');

const HEAD = ['campaign', 'day', '>asked', '>granted', '>denied', '>delivered', '>in flight'];

function textOf(
  { items, isCut }: CampaignDays,
  asked: { readonly days: DayRange; readonly campaignId: string | undefined; limit: number },
  style: Style,
): string {
  const { from, to } = asked.days;
  const days = from === to ? `on ${isoDay(to)}` : `from ${isoDay(from)} to ${isoDay(to)}`;
  if (items.length === 0) {
    return asked.campaignId === undefined
      ? `no campaign asked for a slot ${days}`
      : `campaign ${asked.campaignId} asked for no slot ${days}`;
  }
  const rows = items.map((one) => [one.campaignId, one.quotaDay, ...cellsOf(one)]);
  // The sum of a part would be taken for the sum of the campaign.
  const sum = isCut ? [] : [['all', '', ...cellsOf(sumOfCampaigns(items))]];
  return [
    style.table([...rows, ...sum], [...HEAD, '>uncertain', '>released', 'denied by reason']),
    '',
    ...(isCut ? [cutText(asked.limit, 'rows')] : []),
    style.colors.dim(`quota days (UTC) ${days}`),
  ].join('\n');
}

const cellsOf = (one: Omit<CampaignDay, 'campaignId' | 'quotaDay'>): Row => [
  ...[one.asked, one.granted, one.denied, one.delivered].map(thousands),
  ...[one.inFlight, one.uncertain, one.released].map(thousands),
  Object.entries(one.denials)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${thousands(count)}`)
    .join(', '),
];
