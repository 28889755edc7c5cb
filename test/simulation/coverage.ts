/** How often faults, refusals and edge cases happened in the worlds. */
export type Coverage = Map<string, number>;

/** Cases that must happen in a test run, because without them it shows nothing. One a line. */
export const SOMETIMES: readonly string[] = `
  a closed day changed
  a cold account was asked
  a lost answer was asked for
  a day was used up
  a free InMail without a credit
  a missing workflow was started
  a reset was noticed
  a run found all equal
  a run raced messages
  an Update was lost with its task
  caught up with a lost task
  a task was lost
  a transaction was committed
  a turn came
  a turn between campaigns
  a workflow was started
  an ask waits
  an ask was withdrawn
  the line decided: granted
  the line decided: expired
  the line decided: disconnected
  turn: recipient_contacted
  another writer took the row
  answer lost on its way
  asked again at retryAt
  attempted before
  bypassed the gate
  clock jumped ahead
  clock stepped back
  configure
  connected again
  continued as new
  credits
  denied: no_credits
  denied: campaign_cap
  denied: paced
  denied: recipient_contacted
  denied: velocity_cap
  denied: learnt_cap
  a ceiling was learnt
  a ceiling was read from the row
  cooldown: identity_in_use
  cooldown: overshoot
  cooldown: throttled
  cooldown: two_owners
  cooldown: unclean_end
  database: answer lost
  database: away
  database: commit lost
  database: late commit
  delivered after a release
  died after a write
  ended after a disconnect
  external claimed
  gap: bypassed_gate
  gap: edited_by_hand
  gap: external
  gap: imported
  gap: in_flight
  gap: late_delivery
  gap: lost_rollback
  gap: missing_event
  gap: uncertain
  gap: unexplained
  granted
  granted again
  hand edit
  corrected down
  corrected up
  hold
  journal outcome not written
  journal transaction held open
  journal transaction rolled back
  landed
  landed after midnight
  landed without a slot
  landed, and reported as rejected
  late caller met the fence
  leave
  leave refused
  message doubled
  message late
  message lost
  midnight carried: in_flight
  midnight carried: uncertain
  observe: counted
  observe: known
  observe: matched
  overshoot cooldown
  pipeline died
  pipeline slept
  proof before the report
  ramp step
  released behind the fence
  report: ReservationSettled
  report: ReservationUnknown
  report: already_delivered
  report: already_released
  report: already_uncertain
  report: delivered
  report: external
  report: no chat
  report: released
  report: uncertain
  reservation deleted manually
  reply: refunded
  reply: repeated
  reply: free
  reply: no_balance
  reply: older
  reply: not read
  reply: ChatUnknown
  every credit of a reply is back
  reset
  reserve: ReservationSettled
  resume
  retryAt was lived
  sent manually
  settled by a person: delivered
  settled by a person: released
  terminated
  the audit woke an account
  would deny: cooldown
  would deny: daily_cap
  would deny: held
  would deny: recipient_contacted
  two owners
  worker died
`
  .trim()
  .split('\n')
  .map((line) => line.trim());
