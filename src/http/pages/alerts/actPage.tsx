/** The page before a person acknowledges or closes an alert: the alert, the effect, the reason. */
import type { VNode } from 'preact';
import type { AlertVerb } from '../../../domain/diagnostics/alerts/act.js';
import { isoInstant } from '../../../domain/primitives/time.js';
import type { Alert } from '../../../postgres/alerts/alerts.js';
import { Input, Refusal, type Failure } from '../actions/confirm.js';
import type { Form } from '../ui/form.js';
import { Crumbs, CRUMBS } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { AlertCard } from './alertCard.js';

export const VERBS = {
  acknowledge: {
    title: 'Acknowledge the alert',
    will: [
      'Other people see that you work on it, and the header of the pages no longer counts it.',
      'It stays in the list until it ends. If it becomes more severe, it is open again.',
    ],
    label: 'What do you do about it?',
    button: 'Acknowledge the alert',
  },
  close: {
    title: 'Close the alert',
    will: [
      'The alert is resolved. It stays in the list of resolved alerts and in the account’s day.',
      'The account does not change. If the same thing happens again, the alert opens again.',
    ],
    label: 'Why can it be closed?',
    button: 'Close the alert',
  },
} as const satisfies Readonly<Record<AlertVerb, object>>;

export function ActPage({
  frame,
  verb,
  alert,
  form,
  failure,
  back,
  isPossible,
}: {
  readonly frame: Frame;
  readonly verb: AlertVerb;
  readonly alert: Alert;
  readonly form: Form;
  readonly failure: Failure | null;
  /** The page that the reader came from. */
  readonly back: string;
  /** False: the alert cannot be acknowledged or closed, whatever the reason. */
  readonly isPossible: boolean;
}): VNode {
  const { title, will, label, button } = VERBS[verb];
  const reason = {
    name: 'reason',
    label,
    hint: 'Recorded with the name of your key, and shown with the alert.',
    isRequired: true,
  };
  return (
    <Page frame={frame} title={`${title}: ${alert.kind}`} here="alerts">
      <div class="confirm card">
        <Crumbs way={[CRUMBS.alerts]} />
        <h1>{title}</h1>
        <AlertCard alert={alert} now={frame.now} canOperate={false} isWhole={true} />
        <Refusal failure={failure} fields={[reason]} />
        {isPossible ? (
          <form method="post" action={`/alerts/${alert.alertId}/do/${verb}`}>
            <h2>What will happen</h2>
            <ul>
              {will.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
            <input type="hidden" name="raisedAt" value={isoInstant(alert.raisedAt)} />
            <input type="hidden" name="back" value={form['back'] ?? ''} />
            <Input field={reason} form={form} failure={failure} />
            <p class="actions">
              <button type="submit" class="primary">
                {button}
              </button>
              <a class="button" href={back}>
                Cancel
              </a>
            </p>
          </form>
        ) : (
          <p class="actions">
            <a class="button" href={back}>
              Back
            </a>
          </p>
        )}
      </div>
    </Page>
  );
}
