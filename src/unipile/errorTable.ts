/**
 * What each error of Unipile means for the InMail (R5). A row releases the slot only if LinkedIn
 * certainly did not take the InMail; every other row is `unknown`, which spends the slot.
 */
import type { FailureKind } from '../domain/account/account.js';
import type { DocumentedError } from './documented.js';

/** Unipile refused the request itself: it called nothing. */
const OURS = 'not_attempted';
/** LinkedIn refused this InMail; another one may succeed. */
const THIS_ONE = 'rejected';
/** LinkedIn slows the account down. */
const SLOWED = 'throttled';
/** LinkedIn asks for a person, so the account should not send before that person has looked. */
const STOPPED = 'restricted';
const UNCERTAIN = 'unknown';

export const UNIPILE_ERRORS: Readonly<Record<DocumentedError, FailureKind>> = {
  'errors/invalid_parameters': OURS,
  'errors/malformed_request': OURS,
  'errors/content_too_large': OURS,
  'errors/invalid_url': OURS,
  'errors/too_many_characters': OURS,
  'errors/unescaped_characters': OURS,
  'errors/missing_parameters': OURS,
  'api/invalid_parameters': OURS,
  'provider/invalid_parameters': THIS_ONE,
  'api/invalid_auth_format': OURS,

  'errors/missing_credentials': OURS,
  'errors/multiple_sessions': OURS,
  'errors/invalid_checkpoint_solution': STOPPED,
  'errors/checkpoint_error': STOPPED,
  'errors/captcha_not_supported': STOPPED,
  'errors/invalid_credentials': OURS,
  'errors/invalid_imap_configuration': OURS,
  'errors/invalid_smtp_configuration': OURS,
  'errors/expired_credentials': OURS,
  'errors/insufficient_privileges': OURS,
  'errors/disconnected_account': OURS,
  'errors/disconnected_feature': OURS,
  'errors/invalid_credentials_but_valid_account_imap': OURS,
  'errors/expired_link': OURS,
  'errors/wrong_account': OURS,
  'provider/invalid_authorization': OURS,
  'provider/invalid_credentials': OURS,

  'errors/account_restricted': STOPPED,
  'errors/unknown_authentication_context': STOPPED,
  'errors/action_required': STOPPED,
  'errors/account_mismatch': OURS,
  'errors/insufficient_permissions': OURS,
  'errors/session_mismatch': OURS,
  'errors/feature_not_subscribed': OURS,
  'errors/subscription_required': OURS,
  'errors/resource_access_restricted': THIS_ONE,
  'provider/insufficient_permissions': THIS_ONE,

  'errors/resource_not_found': THIS_ONE,
  'errors/invalid_resource_identifier': OURS,

  'errors/invalid_account': OURS,
  'errors/invalid_recipient': THIS_ONE,
  'errors/no_connection_with_recipient': THIS_ONE,
  'errors/blocked_recipient': THIS_ONE,
  'errors/user_unreachable': THIS_ONE,
  'errors/unprocessable_entity': THIS_ONE,
  'errors/payment_error': THIS_ONE,
  // The InMail may be the one that an earlier call has sent.
  'errors/action_already_performed': UNCERTAIN,
  'errors/invalid_message': THIS_ONE,
  'errors/invalid_post': THIS_ONE,
  'errors/not_allowed_inmail': THIS_ONE,
  'errors/insufficient_credits': 'no_credits',
  'errors/cannot_resend_yet': THIS_ONE,
  'errors/cannot_resend_within_24hrs': THIS_ONE,
  'errors/limit_exceeded': SLOWED,
  'errors/already_invited_recently': THIS_ONE,
  'errors/already_connected': THIS_ONE,
  'errors/cannot_invite_attendee': THIS_ONE,
  'errors/parent_mail_not_found': THIS_ONE,
  'errors/invalid_reply_subject': THIS_ONE,
  'errors/invalid_headers': THIS_ONE,
  'errors/send_as_denied': THIS_ONE,
  'errors/invalid_folder': THIS_ONE,
  'errors/invalid_thread': THIS_ONE,
  'errors/limit_too_high': OURS,
  'errors/unauthorized': OURS,
  'errors/sender_rejected': THIS_ONE,
  'errors/recipient_rejected': THIS_ONE,
  'errors/ip_rejected_by_server': THIS_ONE,
  // The connection to LinkedIn may have ended after LinkedIn took the InMail.
  'errors/provider_unreachable': UNCERTAIN,
  'errors/account_configuration_error': OURS,
  'errors/cant_send_message': THIS_ONE,
  'errors/realtime_client_not_initialized': OURS,
  'errors/comments_disabled': THIS_ONE,
  'errors/insufficient_job_slot': THIS_ONE,

  // Two kinds of 429: LinkedIn slows the account down, or Unipile counted our own calls and
  // refused this one before LinkedIn saw it.
  'errors/too_many_requests': SLOWED,
  'provider/too_many_requests': SLOWED,
  'api/too_many_requests': OURS,

  'errors/unexpected_error': UNCERTAIN,
  'errors/provider_error': UNCERTAIN,
  'errors/authentication_intent_error': UNCERTAIN,
  'errors/proxy_error': UNCERTAIN,
  'errors/feature_not_implemented': OURS,
  'errors/no_client_session': UNCERTAIN,
  'errors/no_channel': UNCERTAIN,
  'errors/no_handler': UNCERTAIN,
  'errors/network_down': UNCERTAIN,
  'errors/service_unavailable': UNCERTAIN,
  'errors/request_timeout': UNCERTAIN,
};

const ROWS: ReadonlyMap<string, FailureKind> = new Map(Object.entries(UNIPILE_ERRORS));

/** Returns the kind of an error type; `unknown` if no page of Unipile documents the type. */
export const kindOf = (type: string | undefined): FailureKind =>
  (type === undefined ? undefined : ROWS.get(type)) ?? UNCERTAIN;
