/** Title and help of each alert. */
import type { AlertKind } from '../../account/alertKinds.js';

/** The title of an alert, in a list. */
export const ALERT_TITLES: Readonly<Record<AlertKind, string>> = {
  drift: 'Counter and event log are more than 5 apart',
  over_cap: 'The counter is above the cap',
  undercount: 'A send was not counted when it went out',
  bad_signal: 'A message could not be read',
  chat_id_missing: 'A delivery was reported without proof',
  chat_id_taken: 'A proof already belongs to another reservation',
  double_send: 'One reservation has two proofs: two InMails went out',
  late_delivery: 'An InMail was delivered after its slot had been released',
  ambiguous_observed: 'An observed InMail matches more than one reservation',
  old_id: 'A report names a reservation that is no longer known',
  unclean_end: 'The account was started again after an unclean end',
  two_owners: 'Two writers claim this account',
  identity_in_use: 'Another account has the same LinkedIn member',
  refused_row: 'Postgres refused a row; the alert keeps the whole row',
  run_overdue: 'No reconcile for 20 minutes',
  workflow_missing: 'The account’s workflow was missing and was started again',
  clock_skew: 'The clocks of the worker and Postgres differ by more than a minute',
  cap_lowered: 'A lower tier has reduced the caps to its safe band',
  reply_failed: 'A decision could not be sent to the workflow that asked for it',
  restricted: 'LinkedIn has restricted the account; it is stopped until a person resumes it',
  tasks_failing: "The tasks of the account's workflow fail; it answers nothing",
  too_many_rows:
    'The account has more rows than it can carry; it is stopped until a person resumes it',
};

/** Two or three sentences: the finding, the automatic reaction, and the task of a person. */
export const ALERT_WORDS: Readonly<Record<AlertKind, string>> = {
  drift:
    'Counter and event log were more than 5 apart. The reconcile corrected what it could; its' +
    ' correction shows what it changed. Check the parts that are not normal.',
  over_cap:
    'The counter was above the cap of that day. While it is, no more slots are granted.' +
    ' Find the program that sent without a slot, or the person who changed the number.',
  undercount:
    'InMails went out without a slot. They are counted now.' +
    ' Change the program that sent them: it must reserve a slot first.',
  bad_signal:
    'A message could not be read in full, and its wrong fields were ignored.' +
    ' Correct the program that sent it: the details name the field.',
  chat_id_missing:
    'A delivery was reported without its chat, so nothing proves it, and its room stays spent.' +
    ' Report it again with the chat, or settle it.',
  chat_id_taken:
    'A delivery was reported with the proof of another InMail, so this proof was not used.' +
    ' Read the chat in LinkedIn, then report or settle the reservation with its own proof.',
  double_send:
    'One reservation was delivered twice, and both InMails count.' +
    ' The pipeline must call LinkedIn only once for each reservation.',
  late_delivery:
    'A proof came for an InMail whose room had been released. It counts now.' +
    ' If this happens often, the pipeline reports failures although it is not sure of them.',
  ambiguous_observed:
    'An InMail was observed that more than one open reservation may have sent.' +
    ' It counts as sent manually. Settle the reservations that did not send it.',
  old_id:
    'A report named a reservation that is not known, or an id was used a second time.' +
    ' The pipeline must report within 48 hours, and use each id only once.',
  unclean_end:
    'The last workflow of the account ended without a disconnect. The InMails in its history in' +
    ' Temporal were counted. If the account waits until midnight UTC, a part of the history could' +
    ' not be read: resume the account if you know that nothing else was sent for it.',
  two_owners:
    'Two workflows wrote the row of this account, so it waits until midnight UTC.' +
    ' Make sure that one of them is terminated.',
  identity_in_use:
    'Another account is connected for the same LinkedIn member, or was in the last seven days.' +
    ' Disconnect one of the two accounts, then resume the other. It sends again from the next day.',
  refused_row:
    'Postgres refused a row because of its content. The alert keeps the whole row; all other rows' +
    ' were saved. Notify the operator of Safeband.',
  run_overdue:
    'The account had open work, but no reconcile for 20 minutes. The fleet audit started one.' +
    ' Check that a worker runs and that it can reach Postgres.',
  workflow_missing:
    'The account was connected and had no workflow. It was started again from its rows and the' +
    ' history of its last workflow. Only if that history cannot be read, it waits until midnight' +
    ' UTC, or until a person has checked it and resumes it.',
  clock_skew:
    'The clocks of Postgres and Temporal are more than a minute apart.' +
    ' Set both clocks by the same time source.',
  cap_lowered:
    'The new tier allows less than the set caps, so its safe band applies. No action is needed.',
  reply_failed:
    'A decision could not be sent to the workflow that asked for it.' +
    ' Check that this workflow still runs. Another reserve with the same id gets the same decision.',
  restricted:
    'A send reported that LinkedIn has restricted this account. It sends nothing until a person' +
    ' resumes it. Ask the member to log in to LinkedIn and to read its notice; a ban may follow.',
  tasks_failing:
    "The tasks of the account's workflow fail, so nothing is granted and reports wait." +
    ' The details state the reason and the fix; `safeband doctor` lists each such account.',
  too_many_rows:
    'This account has more rows than it can carry, so nothing is granted and no reconcile' +
    ' succeeds. The details name the table. Stop the program that wrote the rows, remove the rows' +
    ' that are not sends of this account, and resume it.',
};
