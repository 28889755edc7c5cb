/** Reads the address of the list of alerts: filters that no address can make fail. */
import {
  ALERT_KINDS,
  SEVERITIES,
  type AlertKind,
  type Severity,
} from '../../../domain/account/alertKinds.js';
import { isAccountId } from '../../../domain/primitives/ids.js';
import type { GroupFilter } from '../../../postgres/groups/members.js';
import { groupOfPage } from '../../plumbing/groupFilter.js';
import { UNRESOLVED, type AlertPage, type AlertState } from '../../../postgres/alerts/alerts.js';

/** The choices of the filter, and the states that each selects; null: all. */
export const CHOICES = {
  unresolved: UNRESOLVED,
  open: ['open'],
  acknowledged: ['acknowledged'],
  resolved: ['resolved'],
  all: null,
} as const satisfies Readonly<Record<string, readonly AlertState[] | null>>;
export type Choice = keyof typeof CHOICES;

export type AlertsAsk = {
  readonly choice: Choice;
  readonly kind: AlertKind | null;
  readonly severity: Severity | null;
  /** The whole id of one account. */
  readonly account: string | null;
  readonly group: GroupFilter;
  readonly cursor: string | null;
};

type Query = { readonly [name: string]: unknown };
const isChoice = (raw: unknown): raw is Choice =>
  typeof raw === 'string' && Object.hasOwn(CHOICES, raw);

export function alertsAskOf({ state, kind, severity, account, group, cursor }: Query): AlertsAsk {
  const id = typeof account === 'string' ? account.trim() : '';
  return {
    choice: isChoice(state) ? state : 'unresolved',
    kind: ALERT_KINDS.find((one) => one === kind) ?? null,
    severity: SEVERITIES.find((one) => one === severity) ?? null,
    account: isAccountId(id) ? id : null,
    group: groupOfPage(group),
    cursor: typeof cursor === 'string' ? cursor : null,
  };
}

/** Returns the filters as they stand in the address, without those that select everything. */
export const filtersOf = ({ choice, kind, severity, account, group }: AlertsAsk) => ({
  ...(choice === 'unresolved' ? {} : { state: choice }),
  ...(kind === null ? {} : { kind }),
  ...(severity === null ? {} : { severity }),
  ...(account === null ? {} : { account }),
  ...(group === null ? {} : { group }),
});

/** Open alerts come by urgency, and past ones by their age. */
export const pageOfAsk = ({
  choice,
  kind,
  severity,
  account,
}: AlertsAsk): Pick<AlertPage, 'states' | 'kind' | 'severity' | 'accountId' | 'order'> => ({
  states: CHOICES[choice],
  kind,
  severity,
  accountId: account,
  order: choice === 'resolved' || choice === 'all' ? 'opened' : 'urgency',
});

/** Returns the address of the file with all alerts of the filter, on all pages. */
export function csvAddressOf({ choice, kind, severity, account, group }: AlertsAsk): string {
  const words = new URLSearchParams({
    format: 'csv',
    ...(choice === 'unresolved' ? { open: 'true' } : choice === 'all' ? {} : { state: choice }),
    ...(kind === null ? {} : { kind }),
    ...(severity === null ? {} : { severity }),
    // The list of one account has no such filter: the account has one group or none.
    ...(group === null || account !== null ? {} : { group }),
  });
  const path = account === null ? '/v1/alerts' : `/v1/accounts/${account}/alerts`;
  return `${path}?${words.toString()}`;
}
