/** The tab *Changes*: who changed what, and each setting before and after. */
import type { VNode } from 'preact';
import { settingsIn } from '../../../domain/records/settingsChange.js';
import type { WrittenChange } from '../../../postgres/read/reads.js';
import { LATEST_MAX } from './accountData.js';
import { changeInWords } from './dayStory.js';
import { Empty, Section, Dated, Table, When } from '../ui/parts.js';
import { CHANGE_WORDS } from '../ui/words.js';

export const Changes = ({ changes }: { readonly changes: readonly WrittenChange[] }): VNode => (
  <Section id="changes" title="Changes" note={changes.length < LATEST_MAX ? undefined : NOTE}>
    {changes.length === 0 ? (
      <Empty>None yet.</Empty>
    ) : (
      <Table
        caption="Who changed what"
        stacks={true}
        head={['Time', 'Change', 'By', 'Before → after, or reason']}
      >
        {changes.map((change) => (
          <Change key={change.number} change={change} />
        ))}
      </Table>
    )}
  </Section>
);

const NOTE = `The latest ${LATEST_MAX}. The file below has all changes.`;

/** Renders a change; each changed setting has a row, and the first row has the instant. */
function Change({ change }: { readonly change: WrittenChange }): VNode {
  const { number, kind, actor, at, reason, details } = change;
  const settings = kind === 'policy' ? settingsIn(details) : [];
  const rows: readonly string[] =
    settings.length === 0
      ? [changeInWords(change, { withActor: false })]
      : [
          ...settings.map(({ setting, before, after }) =>
            before === null ? `${setting}: ${after}` : `${setting}: ${before} → ${after}`,
          ),
          ...(reason ? [`reason: ${reason}`] : []),
        ];
  return (
    <>
      {rows.map((text, n) => (
        <tr key={text} id={`changed-${number}-${n}`}>
          {n > 0 ? null : (
            <>
              <td rowSpan={rows.length}>
                <When at={at} show="full" />
              </td>
              <th scope="rowgroup" rowSpan={rows.length}>
                {CHANGE_WORDS[kind] ?? kind}
              </th>
              <td rowSpan={rows.length}>{actor}</td>
            </>
          )}
          <td class="wide">
            <Dated text={text} />
          </td>
        </tr>
      ))}
    </>
  );
}
