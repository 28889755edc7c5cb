/**
 * The workflows that may receive a decision. A reply is a Signal with the worker's own rights in
 * the namespace, so every entry point refuses a target that belongs to Temporal or to Safeband. A
 * decision that is sent to the workflow behind a Temporal Schedule would destroy the Schedule.
 */
import { utf8Length } from '../primitives/bytes.js';
import { need, object } from './message.js';
import { textRule, valueBy, when } from './values.js';
import { isText } from '../primitives/ids.js';
import { NAME_BYTES_MAX } from '../primitives/limits.js';
import { shown } from '../primitives/text.js';

export type ReplyTo = { readonly workflowId: string; readonly signalName: string };

/** The id of an account's workflow is this prefix and the account's id. */
export const ACCOUNT_WORKFLOW = 'inmail-account/';
/** The Schedule of the fleet audit; ids of the workflows that it starts begin with this. */
export const FLEET_AUDIT_SCHEDULE = 'inmail-fleet-audit';
/** The Schedule of the webhooks' sender; ids of its workflows begin with this. */
export const WEBHOOKS_SCHEDULE = 'inmail-webhooks';
/** The workflow of the brake (R27). */
export const BRAKE_WORKFLOW = 'safeband-brake';
/** The id of an order's workflow is this prefix and the id of the order (R30). */
export const ORDER_WORKFLOW = 'safeband-order/';
/** Sent inside a run that was reset to an earlier event (R14); from outside it is a bad Signal. */
export const RESET_SIGNAL = 'safeband:reset';
/** Names of signals with this prefix belong to Temporal. */
const TEMPORAL_SIGNALS = '__temporal';

/** Prefixes of the ids of Temporal's own workflows and Safeband's, all in lower case. */
export const OWN_WORKFLOWS: readonly string[] = [
  'temporal-sys-',
  ACCOUNT_WORKFLOW,
  'inmail-fleet-',
  FLEET_AUDIT_SCHEDULE,
  WEBHOOKS_SCHEDULE,
  BRAKE_WORKFLOW,
  ORDER_WORKFLOW,
];

/** Returns the form in which names are compared, so that no spelling hides a reserved name. */
const plain = (name: string): string => name.trim().toLowerCase();

/** True if the id is of a workflow that no caller may signal through Safeband. */
export const isOwnWorkflow = (workflowId: string): boolean =>
  OWN_WORKFLOWS.some((prefix) => plain(workflowId).startsWith(prefix));
const isOwnSignal = (name: string): boolean =>
  plain(name).startsWith(TEMPORAL_SIGNALS) || plain(name).startsWith(RESET_SIGNAL);

/** True if every character is visible, because a name is used unchanged. */
const isName = (raw: unknown): raw is string =>
  isText(raw, NAME_BYTES_MAX) && isShortName(raw) && shown(raw) === raw;
export const targetName = when(
  isName,
  `text of 1 to ${NAME_BYTES_MAX} bytes of UTF-8, each character visible: take a shorter one`,
  textRule(NAME_BYTES_MAX),
);

/** True if Temporal takes the name: it fails each task of a workflow that sends to a longer one. */
const isShortName = (name: string): boolean => utf8Length(name) <= NAME_BYTES_MAX;

/** True if Temporal takes both names of the target. */
export const isSendable = ({ workflowId, signalName }: ReplyTo): boolean =>
  isShortName(workflowId) && isShortName(signalName);

const target = object(
  'replyTo',
  { workflowId: need(targetName), signalName: need(targetName) },
  (flaw) => `{workflowId, signalName} (${flaw})`,
);
/** Reads the target of a reply. */
export const readReplyTo = valueBy(target.rule, (raw, at) => {
  const found = target(raw, at);
  const shouldBe = 'value' in found ? targetFlaw(found.value) : undefined;
  return shouldBe === undefined ? found : { shouldBe };
});

function targetFlaw({ workflowId, signalName }: ReplyTo): string | undefined {
  if (isOwnWorkflow(workflowId)) {
    return 'a workflow of yours: workflowId names a workflow of Safeband or of Temporal itself';
  }
  return isOwnSignal(signalName)
    ? 'a signal of yours: signalName names a signal of Temporal or of Safeband'
    : undefined;
}

/** Returns why HTTP refuses a target; `prefix`: the ids that the server's operator allows. */
export function prefixFlaw(
  { workflowId }: ReplyTo,
  prefix: string | null,
): { readonly field: string; readonly message: string } | undefined {
  if (!prefix) {
    const message =
      'replyTo is not allowed over HTTP here: SAFEBAND_REPLY_PREFIX of the server is not set';
    return { field: 'replyTo', message };
  }
  if (workflowId.startsWith(prefix)) return undefined;
  const text = 'replyTo.workflowId should begin with SAFEBAND_REPLY_PREFIX of the server';
  return { field: 'replyTo.workflowId', message: `${text}, ${JSON.stringify(prefix)}` };
}
