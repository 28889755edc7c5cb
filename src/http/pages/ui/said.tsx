/** Sentences for the owner of an account: the script puts the reader's own time into them. */
import type { VNode } from 'preact';
import { saidParts, type Said } from '../../../domain/diagnostics/why/customerTimes.js';

/** Renders sentences as one text. */
export const Sentences = ({ all }: { readonly all: readonly Said[] }): VNode => (
  <>
    {all.map((one, n) => (
      <span key={one.text}>
        {n === 0 ? '' : ' '}
        <Sentence one={one} />
      </span>
    ))}
  </>
);

/** Without the script, the sentence has UTC and the zone of the account. */
export function Sentence({ one }: { readonly one: Said }): VNode {
  const parts = one.at === null ? undefined : saidParts(one);
  if (one.at === null || parts === undefined) return <>{one.text}</>;
  return (
    <>
      {parts.before}
      <time dateTime={one.at} data-yours={parts.kind}>
        {parts.time}
      </time>
      {parts.after}
    </>
  );
}
