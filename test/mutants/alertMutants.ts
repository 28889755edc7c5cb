/** The lists of alerts: each of these mutants fails a check on a real database. */
import type { AlertCheckName } from './alertChecks.js';
import type { Mutant } from './mutant.js';

const ALERTS = 'src/postgres/alerts/alerts.ts';
const OPENED = 'migrations/0069_other_differences.sql';

export const ALERT_MUTANTS: readonly Mutant<AlertCheckName>[] = [
  {
    rule: 'R8',
    what: 'the list of resolved alerts leaves out those that a person had acknowledged',
    file: ALERTS,
    old: "case when resolved_at is not null then 'resolved'\n  when",
    mutated: 'case when',
    by: 'an alert is in the list of its state',
  },
  {
    rule: 'R8',
    what: 'the list of open alerts has those that a person works on',
    file: ALERTS,
    old: "\n  when acknowledged_at is not null then 'acknowledged' else",
    mutated: ' else',
    by: 'an alert is in the list of its state',
  },
  {
    rule: 'R8',
    what: 'the count of open alerts has those that a person works on',
    file: ALERTS,
    old: "'${severity}' and acknowledged_at is null)`",
    mutated: "'${severity}')`",
    by: 'the count of an account has its open alerts, those that a person works on apart',
  },
  {
    rule: 'R8',
    what: 'the count of open alerts has those that have ended',
    file: ALERTS,
    old: 'from safeband.alerts where resolved_at is null group by',
    mutated: 'from safeband.alerts group by',
    by: 'the count of an account has its open alerts, those that a person works on apart',
  },
  {
    rule: 'R8',
    what: 'the newest alert comes before the most urgent one',
    file: ALERTS,
    old: "...(page.order === 'urgency' ? [RANK] : []), at",
    mutated: "...(page.order === 'urgency' ? ['0 + 0'] : []), at",
    by: 'the most urgent alert comes first, and each alert once',
  },
  {
    rule: 'R8',
    what: 'the next page of alerts begins with the last alert of this page',
    file: ALERTS,
    old: '}) < (${place',
    mutated: '}) <= (${place',
    by: 'the most urgent alert comes first, and each alert once',
  },
  {
    rule: 'R8',
    what: 'each report makes an alert young again',
    file: OPENED,
    old: "if tg_op = 'INSERT' or (",
    mutated: "new.opened_at := new.raised_at;\n  if tg_op = 'INSERT' or (",
    by: 'the age of an alert begins when it opens',
  },
  {
    rule: 'R8',
    what: 'an alert that opens again has the age of its first report',
    file: OPENED,
    old: "if tg_op = 'INSERT' or (old.resolved_at is not null and new.resolved_at is null) then",
    mutated: "if tg_op = 'INSERT' then",
    by: 'the age of an alert begins when it opens',
  },
];
