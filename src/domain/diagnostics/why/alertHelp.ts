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
  late_delivery: 'A slot that had been given back was delivered after all',
  ambiguous_observed: 'An observed InMail fits no single reservation',
  old_id: 'A report names a reservation that is not known any more',
  unclean_end: 'The account was started again without a clean end',
  two_owners: 'Two writers claim this account',
  identity_in_use: 'Another account has the same LinkedIn member',
  refused_row: 'Postgres refused a row; it is kept whole here',
  run_overdue: 'No check for 20 minutes',
  workflow_missing: 'The account’s workflow was missing and was started again',
  clock_skew: 'The clocks of the worker and Postgres differ by more than a minute',
  cap_lowered: 'A lower tier now binds at its safe band',
  reply_failed: 'An answer could not be delivered to the asking workflow',
  restricted: 'LinkedIn has restricted the account; it is stopped until a person resumes it',
  tasks_failing: "The tasks of the account's workflow fail; it answers nothing",
  too_many_rows:
    'The account has more rows than it can carry; it is stopped until a person resumes it',
};

/** Two or three sentences: the finding, the automatic reaction, and the task of a person. */
export const ALERT_WORDS: Readonly<Record<AlertKind, string>> = {
  drift:
    'Counter and event log were more than 5 apart. The reconcile has corrected what it could;' +
    ' its correction states how. Look at the parts that are not normal.',
  over_cap:
    'The counter was over the cap of that day; while it is, nothing more is granted.' +
    ' Find the program that sent without a slot, or the person who changed the number.',
  undercount:
    'InMails went out without a slot. They are counted now.' +
    ' Change the program that sent them: it must reserve a slot first.',
  bad_signal:
    'A message could not be read as it was sent, and what was wrong with it was left out.' +
    ' Correct the program that sent it: the details name the field.',
  chat_id_missing:
    'A delivery was reported without its chat, so nothing proves it: its room stays spent.' +
    ' Report it again with the chat, or settle it.',
  chat_id_taken:
    'A delivery was reported with the proof of another InMail, and was not counted by it.' +
    ' Look into the chat, and report or settle the reservation by its own.',
  double_send:
    'One reservation was delivered twice, and both InMails count.' +
    ' Let the pipeline call LinkedIn once a reservation.',
  late_delivery:
    'An InMail was proved delivered after its room had been given back. It counts now.' +
    ' If it happens often, the pipeline reports failures that it is not sure of.',
  ambiguous_observed:
    'An InMail was seen in the outbox that more than one open reservation may have sent.' +
    ' It counts as sent manually. Settle the reservations that did not send it.',
  old_id:
    'A report named a reservation that is not known, or an id was used a second time.' +
    ' Let the pipeline report within 48 hours, and use each id once.',
  unclean_end:
    'The last workflow of the account ended without a disconnect. What its history in Temporal' +
    ' contains was counted. If the account waits until midnight UTC, some of it could not be read:' +
    ' if you know that nothing else was sent for it, resume it.',
  two_owners:
    'Two workflows wrote the row of this account, so it waits until midnight UTC.' +
    ' See that one of them is terminated.',
  identity_in_use:
    'Another account is connected for the same LinkedIn member, or was in the last seven days.' +
    ' Disconnect one of them, then resume the other: it sends from the next day on.',
  refused_row:
    'Postgres has refused a row for its content; the alert keeps the whole row, and everything' +
    ' else was saved. Notify the operator of Safeband.',
  run_overdue:
    'There was work under way, and no run for 20 minutes. The account was woken.' +
    ' See that a worker runs and that Postgres answers it.',
  workflow_missing:
    'The account was connected and had no workflow. It was started again, and waits until' +
    ' midnight UTC if it had run that day, or until a person has checked it and resumes it.',
  clock_skew:
    'The clocks of Postgres and Temporal are more than a minute apart.' +
    ' Set both by the same source.',
  cap_lowered:
    'The new tier allows less than was set, so its safe band holds. Nothing has to be done.',
  reply_failed:
    'A decision could not be sent to the workflow that had asked for it.' +
    ' Check that this workflow still runs. Another reserve with the same id gets the same decision.',
  restricted:
    'A send reported that LinkedIn has restricted this account. It sends nothing until a person' +
    ' resumes it. Ask its member to log in and see what LinkedIn wants; a ban may follow.',
  tasks_failing:
    "The tasks of the account's workflow fail, so nothing is granted and reports wait." +
    ' The details say why and what to do; `safeband doctor` lists each such account.',
  too_many_rows:
    'This account has more rows than it can carry, so nothing is granted and no run succeeds.' +
    ' The details name the table. Stop the program that wrote them, remove what is no send of this' +
    ' account, and resume it.',
};
