/** The help of alerts about the state of an account, or of the whole fleet. */
import type { AlertKind } from '../../account/alertKinds.js';
import type { AlertHelp } from './model.js';

export const HELP_OF_ACCOUNTS = {
  drift: {
    title: 'A drift of more than 5',
    found:
      'The drift was more than 5: the counter minus the event log minus imported InMails. The' +
      ' reconcile corrected what it could; its correction shows what it changed.',
    step: 'Check the parts that are not normal.',
    ifNoPersonActs:
      'If no person acts, the account stays below its cap, but slots without an outcome stay spent' +
      ' on their quota day.',
    endedBy: 'reconcile',
  },
  over_cap: {
    title: 'The counter was above the cap',
    found:
      'The counter was above the cap of that day. As long as it is, the account grants no slots,' +
      ' except in shadow mode.',
    step:
      'Find the program that sent without a slot, or the person who changed the number. If the' +
      ' alert names shadow mode, there is nothing to find.',
    ifNoPersonActs:
      'If no person acts, the account grants nothing until the next quota day, but no cap stops a' +
      ' program that sends without a slot.',
    endedBy: 'reconcile',
  },
  undercount: {
    title: 'A send was not counted when it went out',
    found: 'InMails went out without a slot. They are counted now.',
    step: 'Change the program that sent them: it must reserve a slot first.',
    ifNoPersonActs:
      'If no person acts, no cap stops that program, and LinkedIn may restrict the account.',
    endedBy: 'reconcile',
  },
  unclean_end: {
    title: 'The account was started again after an unclean end',
    found:
      'The last workflow of the account ended without a disconnect. The InMails in its history in' +
      ' Temporal were counted. If a part of this history could not be read, the account waits' +
      ' until midnight UTC.',
    step: 'If the account waits, resume it as soon as you know that nothing else was sent for it.',
    ifNoPersonActs:
      'If no person acts, an account that waits grants nothing until midnight UTC, and then' +
      ' continues.',
    endedBy: 'person',
  },
  two_owners: {
    title: 'Two writers claim this account',
    found: 'Two workflows wrote the row of this account, so the account waits until midnight UTC.',
    step: 'Make sure that one of them is terminated.',
    ifNoPersonActs:
      'If no person acts, the account grants nothing until midnight UTC, and stops again at the' +
      ' next write of the other workflow.',
    endedBy: 'person',
  },
  identity_in_use: {
    title: 'Another account has the same LinkedIn member',
    found:
      'Another account belongs to the same LinkedIn member, or belonged to it in the last' +
      ' seven days.',
    step:
      'Disconnect one of the two accounts, then resume the other. The resumed account sends' +
      ' again from the next day.',
    ifNoPersonActs: 'If no person acts, this account stays held and sends nothing.',
    endedBy: 'person',
  },
  run_overdue: {
    title: 'No reconcile for 20 minutes',
    found:
      'The account had open work, but no reconcile for 20 minutes. The fleet audit started one.',
    step: 'Check that a worker runs and that it can reach Postgres.',
    ifNoPersonActs:
      'If no person acts, the account grants nothing after 30 minutes without a reconcile.',
    endedBy: 'audit',
  },
  workflow_missing: {
    title: 'The account’s workflow was missing and was started again',
    found:
      'The account was connected and had no workflow. It was started again from its rows and the' +
      ' history of its last workflow.',
    step:
      'Find out why the workflow ended. If its history cannot be read, the account waits until' +
      ' midnight UTC, or until a person has checked it and resumes it.',
    ifNoPersonActs:
      'If no person acts, the account continues. If the history of its last workflow cannot be' +
      ' read, it grants nothing until midnight UTC.',
    endedBy: 'audit',
  },
  clock_skew: {
    title: 'The clocks of the worker and Postgres differ by more than a minute',
    found: 'The clocks of Postgres and Temporal are more than a minute apart.',
    step: 'Synchronise both clocks with the same time source.',
    ifNoPersonActs:
      'If no person acts, quota days may begin too early or too late, and LinkedIn may then see' +
      ' more InMails in one day than the cap.',
    endedBy: 'audit',
  },
  cap_lowered: {
    title: 'A lower tier has reduced the caps to its safe band',
    found: 'A cap that was set before is above the safe band of the new tier, so the band applies.',
    step: 'No action is needed.',
    ifNoPersonActs: 'If no person acts, the safe band of the new tier stays in force.',
    endedBy: 'person',
  },
  restricted: {
    title: 'LinkedIn has restricted the account; it is stopped until a person resumes it',
    found:
      'A send reported that LinkedIn has restricted this account. It sends nothing until a person' +
      ' resumes it.',
    step:
      'Ask the member to log in to LinkedIn and to read its notice. When LinkedIn has lifted the' +
      ' restriction, resume the account.',
    ifNoPersonActs:
      'If no person acts, the account stays held, and LinkedIn may turn the restriction into a ban.',
    endedBy: 'resume',
  },
  tasks_failing: {
    title: "The tasks of the account's workflow fail; it answers nothing",
    found: "The tasks of the account's workflow fail, so nothing is granted and reports wait.",
    step: 'The details state the reason and the fix; `safeband doctor` lists each such account.',
    ifNoPersonActs:
      'If no person acts, the account answers nothing. Only a run that cannot be replayed is' +
      ' restarted automatically, after ten minutes.',
    endedBy: 'audit',
  },
  too_many_rows: {
    title: 'The account has too many rows; it is stopped until a person resumes it',
    found:
      'This account has too many rows, so nothing is granted and no reconcile succeeds. The' +
      ' details name the table and the limit.',
    step:
      'Stop the program that wrote the rows, remove the rows that are not sends of this account,' +
      ' and resume it.',
    ifNoPersonActs: 'If no person acts, the account stays held and grants nothing.',
    endedBy: 'reconcile',
  },
  log_altered: {
    title: 'A sealed month of the event log was changed',
    found:
      'A row of a sealed month was edited, removed or added, or a seal was changed or deleted.' +
      ' The details name the first difference that the audit found.',
    step:
      'Run `safeband verify`, which names each difference, and find out who changed the database.' +
      ' Rows that came late and are right are sealed with `safeband seal --with-late`. A close of' +
      ' the alert accepts these differences, and no other one.',
    ifNoPersonActs:
      'If no person acts, the month is not signed for customers, and its numbers may be wrong. No' +
      ' account sends more than its cap, because no grant depends on a sealed month.',
    endedBy: 'person',
  },
} as const satisfies Partial<Record<AlertKind, AlertHelp>>;
