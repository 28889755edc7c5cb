/** Sentences for the owner of an account: the script puts the reader's own time into them. */
import type { VNode } from 'preact';
import { zoneIn, type Said } from '../../../domain/diagnostics/why/customerTimes.js';

/** Renders sentences as one text, with each instant in UTC and in a second zone. */
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

/** Without the script, the second zone is that of the account. */
export function Sentence({ one }: { readonly one: Said }): VNode {
  if (one.at === null) return <>{one.text}</>;
  const { before, zone, after } = zoneIn(one);
  const show = / on \d+ \w+ at /.test(before) ? 'yours-dated' : 'yours';
  return (
    <>
      {before}
      <time dateTime={one.at} data-show={show}>
        {zone}
      </time>
      {after}
    </>
  );
}
