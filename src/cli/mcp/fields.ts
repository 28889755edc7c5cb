/** The fields that tools take, as JSON Schema. */
import type { Tool } from './tool.js';

/** Returns the schema of a text. */
export const text = (description: string) => ({ type: 'string', description });
/** Returns the schema of a whole number. */
export const whole = (description: string, minimum: number, maximum: number) => ({
  type: 'integer',
  description,
  minimum,
  maximum,
});
export const accountId = text('The id of the account, such as acme-anna.');
export const reservationId = text(
  'Your id of one attempt to send. Never use it for a second InMail.',
);
export const campaignId = text('The campaign, if a campaign cap should count.');
export const recipientId = text("LinkedIn's id of the recipient. No recipient is contacted twice.");
export const journaled = {
  type: 'boolean',
  description: 'True if you call `permission` before you send.',
};
export const reason = text('Why, in a sentence; people read it in the list of changes.');

/** Returns the schema of an object without other fields. */
export const fields = (
  properties: Readonly<Record<string, object>>,
  required: readonly string[],
): Tool['inputSchema'] => ({
  type: 'object',
  properties,
  required: [...required],
  additionalProperties: false,
});
