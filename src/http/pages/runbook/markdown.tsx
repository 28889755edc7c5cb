/**
 * Renders the Markdown of docs/runbook.md: headings, paragraphs, lists, code, links and emphasis.
 * A step of a list may have indented blocks, and the next step continues its numbers. It renders no
 * other Markdown, and the renderer escapes all text. A test renders the whole file.
 */
import type { ComponentChildren, VNode } from 'preact';

/** Returns the address of a heading, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** Renders the text of a file, block by block. */
export const Markdown = ({ text }: { readonly text: string }): VNode => (
  <>
    {blocksOf(text).map((block, n) => (
      <Block key={n} block={block} />
    ))}
  </>
);

/** Returns the blocks, which blank lines separate; a block of code may contain blank lines. */
export function blocksOf(text: string): readonly string[] {
  const blocks: string[] = [];
  let open: string[] = [];
  const end = (): void => {
    if (open.length > 0) blocks.push(open.join('\n'));
    open = [];
  };
  let isCode = false;
  for (const line of text.split('\n')) {
    if (line.trimStart().startsWith('```')) isCode = !isCode;
    if (line.trim() === '' && !isCode) end();
    else open.push(line);
  }
  end();
  return blocks;
}

/** Removes the indentation of a block that belongs to a step of a list. */
const dedented = (block: string): string =>
  block.startsWith(' ') ? block.replaceAll(/^ {1,3}/gm, '') : block;

function Block({ block: indented }: { readonly block: string }): VNode {
  const block = dedented(indented);
  const [, marks, heading = ''] = /^(#{1,3}) (.*)$/.exec(block) ?? [];
  if (marks !== undefined) return <Heading level={marks.length} text={heading} />;
  if (block.startsWith('```')) {
    return (
      <pre tabIndex={0}>
        <code>{block.split('\n').slice(1, -1).join('\n')}</code>
      </pre>
    );
  }
  const first = /^(?:-|(\d+)\.) /.exec(block);
  if (first === null) {
    return (
      <p>
        <Inline text={joined(block)} />
      </p>
    );
  }
  const items = block.split(/\n(?=(?:-|\d+\.) )/).map((item) => item.replace(/^(?:-|\d+\.) +/, ''));
  const list = items.map((item) => (
    <li key={item}>
      <Inline text={joined(item)} />
    </li>
  ));
  return first[1] === undefined ? <ul>{list}</ul> : <ol start={Number(first[1])}>{list}</ol>;
}

const joined = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');

function Heading({ level, text }: { readonly level: number; readonly text: string }): VNode {
  const id = anchorOf(text);
  if (level === 1) return <h1 id={id}>{text}</h1>;
  return level === 2 ? <h2 id={id}>{text}</h2> : <h3 id={id}>{text}</h3>;
}

/** Code, a link, strong text, or emphasis. */
const SPANS = /(`[^`]+`|\[[^\]]+\]\([^)]+\)|\*\*[^*]+\*\*|(?<![\w`])_[^_]+_(?!\w))/;

const Inline = ({ text }: { readonly text: string }): VNode => (
  <>{text.split(SPANS).map((part, n) => (n % 2 === 0 ? part : <Span key={n} text={part} />))}</>
);

function Span({ text }: { readonly text: string }): ComponentChildren {
  if (text.startsWith('`')) return <code>{text.slice(1, -1)}</code>;
  if (text.startsWith('**')) return <strong>{text.slice(2, -2)}</strong>;
  if (text.startsWith('_')) return <em>{text.slice(1, -1)}</em>;
  const [, words = '', target = ''] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(text) ?? [];
  // The server has no other document, so a link to another file becomes its name.
  if (target.startsWith('#') || /^https?:/.test(target)) return <a href={target}>{words}</a>;
  return `${words} (docs/${target})`;
}
