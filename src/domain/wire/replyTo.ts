/**
 * Whom a decision may be sent to. A reply is a Signal with the worker's own rights in the namespace,
 * so a target that belongs to Temporal or to Safeband itself is refused at every door: a decision
 * that is sent to the workflow behind a Temporal Schedule replaces the Schedule by nothing.
 */
import { utf8Length } from '../primitives/bytes.js';
import { Fields } from './objectReader.js';
import { textRule, when, type Reader } from './values.js';
import { isText } from '../primitives/ids.js';
import { NAME_BYTES_MAX } from '../primitives/limits.js';
import { shown } from '../primitives/text.js';

export type ReplyTo = { readonly workflowId: string; readonly signalName: string };

/** The workflow of an account has this and the account's id as its id. */
export const ACCOUNT_WORKFLOW = 'inmail-account/';
/** The Schedule of the fleet audit; the workflows that it starts have ids that begin so. */
export const FLEET_AUDIT_SCHEDULE = 'inmail-fleet-audit';
/** The Schedule of the webhooks' sender; likewise. */
export const WEBHOOKS_SCHEDULE = 'inmail-webhooks';
/** Sent inside a run that was reset to an earlier event (R14); from outside it is a bad Signal. */
export const RESET_SIGNAL = 'safeband:reset';
/** Names that begin so belong to Temporal. */
const TEMPORAL_SIGNALS = '__temporal';

/** Ids of workflows that begin so: Temporal's own, and Safeband's. All in lower case. */
export const OWN_WORKFLOWS: readonly string[] = [
  'temporal-sys-',
  ACCOUNT_WORKFLOW,
  'inmail-fleet-',
  FLEET_AUDIT_SCHEDULE,
  WEBHOOKS_SCHEDULE,
];

/** As names are compared: no spelling of a reserved name passes for another one. */
const plain = (name: string): string => name.trim().toLowerCase();

/** True if the id is of a workflow that no caller may signal through Safeband. */
export const isOwnWorkflow = (workflowId: string): boolean =>
  OWN_WORKFLOWS.some((prefix) => plain(workflowId).startsWith(prefix));
const isOwnSignal = (name: string): boolean =>
  plain(name).startsWith(TEMPORAL_SIGNALS) || plain(name).startsWith(RESET_SIGNAL);

/** A name is used as it is, so nothing may be in it that is not seen. */
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

/** Reads the target of a reply. */
export const readReplyTo: Reader<ReplyTo> = (raw) => {
  const fields = new Fields(raw, 'strict', 'replyTo');
  const workflowId = fields.need('workflowId', targetName);
  const signalName = fields.need('signalName', targetName);
  if (workflowId === undefined || signalName === undefined) {
    return { shouldBe: `{workflowId, signalName} (${fields.flaw?.message ?? ''})` };
  }
  if (isOwnWorkflow(workflowId)) {
    return {
      shouldBe:
        'a workflow of yours: workflowId names a workflow of Safeband or of Temporal itself',
    };
  }
  if (isOwnSignal(signalName)) {
    return { shouldBe: 'a signal of yours: signalName names a signal of Temporal or of Safeband' };
  }
  return { value: { workflowId, signalName } };
};

/** Why a target may not be named over HTTP; `prefix`: what the operator of the server allows. */
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
