/** What went wrong, as a page: in plain words, with what to do. */
import type { VNode } from 'preact';
import type { Problem } from '../../plumbing/problems.js';
import { Message, type Frame } from './layout.js';

const TITLES: Readonly<Record<number, string>> = {
  403: 'This key may not do that',
  404: 'There is nothing here',
  429: 'Too many requests',
  503: 'No answer in time',
};

export function ProblemPage({
  frame,
  status,
  problem,
}: {
  readonly frame: Frame;
  readonly status: number;
  readonly problem: Problem | undefined;
}): VNode {
  const title = problem?.fields.title ?? TITLES[status] ?? 'Something is broken';
  const detail = problem?.fields.detail ?? 'It was logged; try again in a moment';
  return (
    <Message frame={frame} title={title}>
      <p>
        {sentence(detail)}
        {problem?.fields.cure === undefined ? '' : ` ${sentence(problem.fields.cure)}`}
      </p>
      {status >= 500 ? (
        <p class="note">
          Nothing was changed by looking. Accounts go on by themselves, and numbers are kept.
        </p>
      ) : null}
    </Message>
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
