/**
 * What each alert means: the one table that pages, API, command line and runbook use.
 * docs/runbook.md contains the same sentences, and a test compares them.
 */
import type { AlertKind, Severity } from '../../account/alertKinds.js';
import { HELP_OF_ACCOUNTS } from './helpOfAccounts.js';
import { HELP_OF_REPORTS } from './helpOfReports.js';
import type { AlertEnd, AlertHelp } from './model.js';

export const ALERT_HELP: Readonly<Record<AlertKind, AlertHelp>> = {
  ...HELP_OF_ACCOUNTS,
  ...HELP_OF_REPORTS,
};

/** Returns the finding, the automatic reaction, and the task of a person, as sentences. */
export const wordsOfAlert = (kind: AlertKind): string =>
  `${ALERT_HELP[kind].found} ${ALERT_HELP[kind].step}`;

/** What a severity asks of a person. */
export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  info: 'nothing has to be done',
  warning: 'a person acts today',
  critical: 'a person acts now',
};

export const END_WORDS: Readonly<Record<AlertEnd, string>> = {
  person: 'The alert stays open until a person closes it.',
  reconcile: 'When a reconcile finds that the cause no longer exists, it closes the alert.',
  audit: 'When a fleet audit finds that the cause no longer exists, it closes the alert.',
  resume: 'When a person resumes the account, the alert closes.',
};

/**
 * True if a person may close an open alert of that kind. An alert whose cause may persist is not
 * hidden by a person: a reconcile or audit closes it when the cause no longer exists. No reconcile
 * checks a disconnected account, so a person may close its alerts; the audit checks all accounts.
 */
export function mayClose(kind: AlertKind, isConnected: boolean): boolean {
  const { endedBy } = ALERT_HELP[kind];
  return endedBy === 'person' || (endedBy !== 'audit' && !isConnected);
}
