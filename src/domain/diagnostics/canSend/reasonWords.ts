/** Each reason to deny a reserve in words: of the line "can it send?", and of today's denials. */
import type { DenialReason } from '../../gate/gate.js';

/** The reason as the text after "Not before 08:08:", in the gate's order. */
export const REASON_WORDS: Readonly<Record<DenialReason, string>> = {
  expired: 'the request waited too long',
  disconnected: 'it is disconnected',
  held: 'it is held',
  no_credits: 'its InMail credits are used up',
  cooldown: 'it is in a cooldown',
  unverified: 'it waits for a successful reconcile',
  tier_has_no_inmail: 'its tier has no InMail',
  recipient_contacted: 'its recipient was contacted already',
  campaign_cap: 'the daily cap of the campaign is used up',
  weekly_cap: 'its weekly cap is used up',
  ramp_cap: 'its ramp step of today is used up',
  velocity_cap: 'its cap by the sends of the last days is used up',
  learnt_cap: 'the ceiling after a refusal by LinkedIn is used up',
  daily_cap: 'its daily cap is used up',
  churn_cap: 'it has taken as many slots as it may, with any outcome',
  outside_window: 'outside its sending hours',
  paced: 'its pacing waits between two sends',
};

const isReason = (text: string): text is DenialReason => Object.hasOwn(REASON_WORDS, text);

/** Returns a reason in words; a reason of a newer version as it is. */
export const reasonWords = (reason: string): string =>
  isReason(reason) ? REASON_WORDS[reason] : reason;

const ENDED_BY_TIME: readonly DenialReason[] = [
  'no_credits',
  'cooldown',
  'recipient_contacted',
  'churn_cap',
  'outside_window',
  'paced',
];

/** True if time ends the reason. If it has no `retryAt`, a reason for a person comes after it. */
export const isEndedByTime = (reason: DenialReason): boolean => ENDED_BY_TIME.includes(reason);
