/** The payload of a person who acknowledges or closes an alert. */
import { may, mayText, needText, parserOf, type Parser, type ValueOf } from './message.js';
import { ACTOR_RULE, instant, REASON_RULE } from './values.js';

/** The id of an alert, as text: a number such as `1.5` is the id of no alert. */
export const ALERT_ID_PATTERN = '^[1-9]\\d{0,14}$';

export const alertOrderFields = {
  reason: needText(REASON_RULE),
  actor: mayText(ACTOR_RULE),
  /** The last report that the person saw. */
  raisedAt: may(instant),
};
export const parseAlertOrder: Parser<ValueOf<typeof alertOrderFields>> = parserOf(alertOrderFields);
