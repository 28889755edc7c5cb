/** The texts of an alert kind. */
/**
 * Who ends an alert. A `reconcile` or an `audit` ends it when its cause is gone, a `resume` ends a
 * restriction, and a `person` closes what happened once.
 */
export type AlertEnd = 'person' | 'reconcile' | 'audit' | 'resume';

export type AlertHelp = {
  readonly title: string;
  /** The finding, and the automatic reaction to it. */
  readonly found: string;
  /** The task of a person. */
  readonly step: string;
  readonly ifNoPersonActs: string;
  readonly endedBy: AlertEnd;
};
