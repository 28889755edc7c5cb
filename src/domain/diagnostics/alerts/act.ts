/** What a person may do with an alert, and why not. */
import type { AlertKind } from '../../account/alertKinds.js';
import type { Instant } from '../../primitives/time.js';
import { isoInstant } from '../../primitives/time.js';
import { ALERT_HELP, END_WORDS, mayClose } from './alertHelp.js';

export type AlertVerb = 'acknowledge' | 'close';

/** The alert as it is now. */
export type ActOn = {
  readonly alertId: number;
  readonly kind: AlertKind;
  readonly raisedAt: Instant;
  readonly resolvedAt: Instant | null;
  readonly acknowledged: { readonly at: Instant; readonly actor: string } | null;
  readonly closed: { readonly actor: string } | null;
  readonly isConnected: boolean;
};

export type ActRefusal = {
  readonly code: 'AlertResolved' | 'AlertAcknowledged' | 'AlertRaisedAgain' | 'AlertNotClosable';
  readonly message: string;
  readonly cure: string;
};

/**
 * Returns why the person may not do that; undefined if they may. `knownRaisedAt` is the last report
 * that the person saw: a later report may have another cause, and must not disappear unseen.
 */
export function refusalOfAct(
  verb: AlertVerb,
  alert: ActOn,
  knownRaisedAt: Instant | null,
): ActRefusal | undefined {
  const { alertId, kind, raisedAt, resolvedAt, acknowledged, closed } = alert;
  const name = `alert ${alertId} (${kind})`;
  if (resolvedAt !== null) {
    const by = closed === null ? '' : ` by ${closed.actor}`;
    return {
      code: 'AlertResolved',
      message: `${name} is already resolved${by}, since ${isoInstant(resolvedAt)}`,
      cure: 'nothing has to be done',
    };
  }
  if (verb === 'acknowledge' && acknowledged !== null) {
    const { actor, at } = acknowledged;
    return {
      code: 'AlertAcknowledged',
      message: `${name} is already acknowledged by ${actor}, since ${isoInstant(at)}`,
      cure: `ask ${actor}`,
    };
  }
  if (knownRaisedAt !== null && knownRaisedAt < raisedAt) {
    return {
      code: 'AlertRaisedAgain',
      message: `${name} was raised again at ${isoInstant(raisedAt)}`,
      cure: 'read the alert again, and then decide',
    };
  }
  if (verb === 'close' && !mayClose(kind, alert.isConnected)) {
    return {
      code: 'AlertNotClosable',
      message: `${name} ends with its cause: ${asClause(END_WORDS[ALERT_HELP[kind].endedBy])}`,
      cure: 'acknowledge it while you work on it',
    };
  }
  return undefined;
}

/** Returns a sentence as the end of another sentence. */
const asClause = (sentence: string): string =>
  `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`;
