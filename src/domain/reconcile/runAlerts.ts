/** The alerts of a reconcile (R8): one for each account, kind and day, until its cause is gone. */
import type { Account } from '../account/account.js';
import { isAboveDriftMax, type ManualEdit } from '../account/counter.js';
import type { AlertKind, Severity } from '../account/alertKinds.js';
import type { GapPart } from '../gap/breakdown.js';
import type { DayVerdict } from './dayFindings.js';
import type { Evidence } from '../records/snapshot.js';
import { shadowMark, shadowSentences } from '../gate/shadow.js';
import { isoDay } from '../primitives/time.js';

export type RunAlert = {
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly details: {
    readonly day: string;
    /** The counter before the reconcile, and after it. */
    readonly counter: number;
    readonly after: number;
    readonly drift: number;
    readonly cap?: number;
    /** Only if shadow mode grants over the cap, or has done so on this day (R23). */
    readonly mode?: 'shadow';
    readonly parts: readonly GapPart[];
    readonly sentences: readonly string[];
  };
};

export function alertsOf(
  verdict: DayVerdict,
  account: Account,
  foreign: ManualEdit | null = null,
  shadowed: Evidence['shadowed'] = [],
): readonly RunAlert[] {
  const { day, before: counter, after, drift, parts, sentences } = verdict;
  // A manual edit from before midnight is compared with the cap of its own day.
  const isClosing = foreign?.day === day && day === account.day - 1;
  const cap = (isClosing ? foreign.cap : null) ?? account.highestCap;
  const isOver = (day === account.day || isClosing) && counter > cap;
  // A send without a grant raises the alert also if another change has lowered the counter.
  const isLow = after > counter || parts.some(({ cause }) => cause === 'bypassed_gate');
  const isDrifting = isAboveDriftMax(drift);
  if (!isDrifting && !isOver && !isLow) return [];
  const said = sentences();
  const details = { day: isoDay(day), counter, after, drift, parts, sentences: said };
  const { policy } = account;
  const { count = 0 } = shadowed.find((one) => one.day === day) ?? {};
  const overSentences = [...said, ...shadowSentences(policy, count)];
  const over = { ...details, cap, sentences: overSentences, ...shadowMark(policy, count) };
  return [
    ...(isDrifting
      ? [{ kind: 'drift', severity: isUnderWay(parts) ? 'info' : 'warning', details } as const]
      : []),
    ...(isOver ? [{ kind: 'over_cap', severity: 'critical', details: over } as const] : []),
    ...(isLow ? [{ kind: 'undercount', severity: 'warning', details } as const] : []),
  ];
}

/** True if InMails in flight explain all of the drift, in which imported ones do not count (R8). */
const isUnderWay = (parts: readonly GapPart[]): boolean =>
  parts.every(({ cause }) => cause === 'in_flight' || cause === 'imported');
