/** The schemas of alerts, and of what people do with them. */
import { Type } from 'typebox';
import { ALERT_KINDS, SEVERITIES } from '../../domain/account/alertKinds.js';
import { ALERT_ENDS } from '../../domain/diagnostics/alerts/model.js';
import { ALERT_ID_PATTERN, alertOrderFields } from '../../domain/wire/alertOrder.js';
import { ALERT_ORDERS, ALERT_STATES } from '../../postgres/alerts/alerts.js';
import { bodyOf, note } from './body.js';
import { accountId, closed, day, instant, noteOfInstant, orNull } from './parts.js';

const { Boolean, Integer, String } = Type;

const act = { at: instant('When this happened.'), actor: String(), reason: String() };
const actOrNull = (description: string) => orNull(closed(act, description));

const fields = {
  alertId: Integer({ description: 'The id of the alert, for close and acknowledge.' }),
  accountId,
  group: orNull(String({ description: 'The group of the account now. Null: none.' })),
  kind: Type.Enum(ALERT_KINDS),
  severity: Type.Enum(SEVERITIES, {
    description: 'critical: a person acts now; warning: today; info: nothing has to be done.',
  }),
  state: Type.Enum(ALERT_STATES),
  title: String(),
  found: String({ description: 'The finding, and the automatic reaction to it.' }),
  nextStep: String({ description: 'The task of a person.' }),
  ifNoPersonActs: String(),
  runbookUrl: String({ description: 'The section of the runbook about alerts of this kind.' }),
  endedBy: Type.Enum(ALERT_ENDS, {
    description: 'Who ends an alert of this kind.',
  }),
  canClose: Boolean({ description: 'True if a person may close the alert now.' }),
  quotaDay: day('The day of the alert.'),
  details: Type.Object({}, { additionalProperties: true }),
  times: Integer({ description: 'How often it was raised.' }),
  openedAt: instant('When the alert opened; its age counts from here.'),
  raisedAt: instant('When its cause was last reported.'),
  acknowledged: actOrNull('The person who works on it.'),
  resolvedAt: orNull(instant('When the alert was resolved.')),
  closed: actOrNull('The person who closed it; null if it is open, or ended with its cause.'),
};
export const alert = closed(fields);

/** One alert, with everything that people did with it. */
export const alertWithActs = closed({
  ...fields,
  actions: Type.Array(closed({ action: Type.Enum(['acknowledged', 'closed']), ...act }), {
    description: 'The latest first, also of earlier openings of this alert.',
  }),
});

export const alertFilters = {
  open: Type.Optional(
    Type.Enum(['true', 'false'], {
      description: 'true: only alerts that are not resolved, also acknowledged ones.',
    }),
  ),
  state: Type.Optional(Type.Enum(ALERT_STATES)),
  kind: Type.Optional(Type.Enum(ALERT_KINDS)),
  severity: Type.Optional(Type.Enum(SEVERITIES)),
  order: Type.Optional(
    Type.Enum(ALERT_ORDERS, {
      default: 'raised',
      description:
        'raised: the last report first. opened: the last opened first. urgency: the highest ' +
        'severity first, then the last opened.',
    }),
  ),
};

/** Text and not a number, because a path such as `1.5` would become another alert. */
export const alertParams = closed({
  alertId: String({ pattern: ALERT_ID_PATTERN, ...note('The id of the alert.', '17') }),
});

export const alertOrder = bodyOf(
  alertOrderFields,
  {
    reason: note('Why, for the people who read the alert.', 'the pipeline is corrected'),
    actor: note(
      'The person who acts, recorded as "ada via <key>". Without it, the name of the key.',
      'ada',
    ),
    raisedAt: noteOfInstant(
      'The raisedAt that you read. The order is refused if the alert was raised again since.',
    ),
  },
  {
    examples: [
      { reason: 'the pipeline is corrected' },
      { reason: 'checked in LinkedIn', actor: 'ada', raisedAt: '2026-11-23T18:20:36.000Z' },
    ],
  },
);
