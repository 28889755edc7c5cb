/** What an agent reads about the kinds of a failure; docs/connect-a-pipeline.md has the same. */
export const FAILURES =
  'not_attempted: LinkedIn was never called. rejected: it certainly took no InMail. throttled: too ' +
  'many requests. no_credits: no InMail credits. restricted: the account is restricted. unknown: ' +
  'anything else, such as a time-out; the slot stays spent.';
