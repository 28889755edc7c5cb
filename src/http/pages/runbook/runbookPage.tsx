/** *Runbook*: docs/runbook.md, for people who follow a link of an alert. */
import type { VNode } from 'preact';
import { Page, type Frame } from '../ui/layout.js';
import { anchorOf, blocksOf, Markdown } from './markdown.js';

export const RunbookPage = ({
  frame,
  text,
}: {
  readonly frame: Frame;
  readonly text: string;
}): VNode => (
  <Page frame={frame} title="Runbook" here="runbook">
    <div class="prose card">
      <details id="contents">
        <summary>Contents</summary>
        <ul>
          {headingsOf(text).map((heading) => (
            <li key={heading}>
              <a href={`#${anchorOf(heading)}`}>{heading}</a>
            </li>
          ))}
        </ul>
      </details>
      <Markdown text={text} />
    </div>
  </Page>
);

const headingsOf = (text: string): readonly string[] =>
  blocksOf(text).flatMap((block) => /^#{2,3} (.*)$/.exec(block)?.slice(1) ?? []);
