/** "Can it send?" with its line, in the time zone of the account, for HTTP, pages and commands. */
import { offsetIn } from '../calendar/openings.js';
import {
  canSendLine,
  linePartsOf,
  type LineParts,
  type Sender,
} from '../domain/diagnostics/canSend/canSendLine.js';
import type { Instant } from '../domain/primitives/time.js';
import type { CanSend } from '../domain/wire/canSend.js';

export type CanSendRead = CanSend & {
  /** The answer in one line, as of the status. */
  readonly line: string;
};

/** Returns the answer with its line, as of `now`. */
export const canSendRead = (sender: Sender, now: Instant): CanSendRead => ({
  ...sender.canSend,
  line: canSendLine(sender, now, offsetIn(sender.timezone)),
});

/** Returns the line in parts, for a page that counts down. */
export const canSendParts = (sender: Sender, now: Instant): LineParts =>
  linePartsOf(sender, now, offsetIn(sender.timezone));
