/** The page of an error: a plain title, the reason and the fix. */
import type { VNode } from 'preact';
import type { Problem } from '../../plumbing/problems.js';
import { Message, type Frame } from './layout.js';

const TITLES: Readonly<Record<number, string>> = {
  403: 'This key does not allow that',
  404: 'This page does not exist',
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
  const title = problem?.fields.title ?? TITLES[status] ?? 'An internal error occurred';
  const detail = problem?.fields.detail ?? 'The error was logged; try again in a moment';
  return (
    <Message frame={frame} title={title}>
      <p>
        {sentence(detail)}
        {problem?.fields.cure === undefined ? '' : ` ${sentence(problem.fields.cure)}`}
      </p>
      {status >= 500 ? (
        <p class="note">
          This error changed nothing. The accounts continue to work, and their numbers are safe.
        </p>
      ) : null}
    </Message>
  );
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
