/** The help of alerts about messages of pipelines: most are events that happened once. */
import type { AlertKind } from '../../account/alertKinds.js';
import type { AlertHelp } from './model.js';

export const HELP_OF_REPORTS = {
  bad_signal: {
    title: 'A message could not be read',
    found: 'A message could not be read in full, and its wrong fields were ignored.',
    step: 'Correct the program that sent it: the details name the field.',
    ifNoPersonActs:
      'If no person acts, the program sends the same wrong message again. If the message was an' +
      ' outcome, its slot stays spent until a proof comes.',
    endedBy: 'person',
  },
  chat_id_missing: {
    title: 'A delivery was reported without proof',
    found:
      'A delivery was reported without its chat, so nothing proves it, and its slot stays spent.',
    step: 'Report it again with the chat, or settle it.',
    ifNoPersonActs:
      'If no person acts, the slot stays spent on its quota day, and the event log lacks the InMail.',
    endedBy: 'person',
  },
  chat_id_taken: {
    title: 'A proof already belongs to another reservation',
    found: 'A delivery was reported with the proof of another InMail, so this proof was not used.',
    step: 'Read the chat in LinkedIn, then report or settle the reservation with its own proof.',
    ifNoPersonActs:
      'If no person acts, the slot stays spent on its quota day, and the event log may lack an InMail.',
    endedBy: 'person',
  },
  double_send: {
    title: 'One reservation has two proofs: two InMails went out',
    found: 'One reservation was delivered twice, and both InMails count.',
    step: 'Stop the pipeline until it calls LinkedIn only once for each reservation.',
    ifNoPersonActs:
      'If no person acts, the pipeline may send more InMails twice, and LinkedIn may restrict the' +
      ' account.',
    endedBy: 'person',
  },
  late_delivery: {
    title: 'An InMail was delivered after its slot had been released',
    found: 'A proof came for an InMail whose slot had been released. The InMail counts now.',
    step:
      'If this happens often, change the pipeline: if it is not sure that a send failed, it must' +
      ' report unknown.',
    ifNoPersonActs:
      'If no person acts, this InMail stays counted. Each further one may raise the counter above' +
      ' the cap.',
    endedBy: 'person',
  },
  ambiguous_observed: {
    title: 'An observed InMail matches more than one reservation',
    found:
      'An InMail was observed, and it may belong to more than one open reservation.' +
      ' It counts as sent manually.',
    step: 'Settle the reservations to which this InMail does not belong.',
    ifNoPersonActs:
      'If no person acts, the InMail and the open slots all take room, so the account sends less' +
      ' than it could.',
    endedBy: 'person',
  },
  old_id: {
    title: 'A report names a reservation that is no longer known',
    found: 'A report named a reservation that is not known, or an id was used a second time.',
    step: 'Let the pipeline report within 48 hours, and use each id only once.',
    ifNoPersonActs:
      'If no person acts, late deliveries count on the day of their report, and the account sends' +
      ' fewer other InMails on that day.',
    endedBy: 'person',
  },
  refused_row: {
    title: 'Postgres refused a row; the alert keeps the whole row',
    found:
      'Postgres refused a row because of its content. The alert keeps the whole row; all other' +
      ' rows were saved.',
    step: 'Report it to the operator of Safeband.',
    ifNoPersonActs:
      'If no person acts, the account still counts the InMail, but lists and statistics lack the row.',
    endedBy: 'person',
  },
  reply_failed: {
    title: 'A decision could not be sent to the workflow that asked for it',
    found: 'A decision could not be sent to the workflow that asked for it.',
    step:
      'Check that this workflow still runs. Another reserve with the same id gets the same' +
      ' decision.',
    ifNoPersonActs:
      'If no person acts, nothing is lost: a reconcile settles the slot after its lease. The next' +
      ' replies may fail too.',
    endedBy: 'person',
  },
} as const satisfies Partial<Record<AlertKind, AlertHelp>>;
