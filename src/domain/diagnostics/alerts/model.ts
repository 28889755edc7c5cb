/** The texts of an alert kind, and who ends an alert. */
/**
 * Who ends an alert. A `reconcile` or an `audit` ends it when its cause is gone, a `resume` ends a
 * restriction, and a `person` closes what happened once.
 */
export const ALERT_ENDS = ['person', 'reconcile', 'audit', 'resume'] as const;
export type AlertEnd = (typeof ALERT_ENDS)[number];

export type AlertHelp = {
  readonly title: string;
  /** The finding, and the automatic reaction to it. */
  readonly found: string;
  /** The task of a person. */
  readonly step: string;
  readonly ifNoPersonActs: string;
  readonly endedBy: AlertEnd;
};
