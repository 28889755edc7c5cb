/** *Keys*: who may use this server. A page never has a secret. */
import type { VNode } from 'preact';
import { scopeText, type KeyRow } from '../../../postgres/access/keys.js';
import type { GroupCount, GroupFilter } from '../../../postgres/groups/members.js';
import { GroupForm } from '../groups/groupChoice.js';
import { CRUMBS, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Ago, Empty, Id, Section, Table, When } from '../ui/parts.js';

export const KeysPage = ({
  frame,
  keys,
  group,
  groups,
}: {
  readonly frame: Frame;
  readonly keys: readonly KeyRow[];
  readonly group: GroupFilter;
  readonly groups: readonly GroupCount[];
}): VNode => (
  <Page frame={frame} title="Keys" here="fleet" stream="/v1/stream">
    <Head way={[CRUMBS.fleet]} title="Keys">
      <p class="note">
        <code>safeband keys make</code> makes a key, and <code>safeband keys revoke</code> ends it.
        This page is read again every 30 s.
      </p>
      <GroupForm action="/keys" group={group} groups={groups} />
    </Head>
    <Section id="keys" title={`Keys (${keys.length})`}>
      {keys.length === 0 ? (
        <Empty>
          {group === null ? (
            'No key yet.'
          ) : (
            <>
              No key is limited to these accounts. <a href="/keys">Show all keys</a>
            </>
          )}
        </Empty>
      ) : (
        <Table
          caption="Keys"
          stacks={true}
          head={['Name', 'Role', 'Accounts', 'Key id', 'Made', 'Last used', 'State']}
        >
          {keys.map(({ keyId, name, role, createdAt, lastUsedAt, revokedAt, ...scope }) => (
            <tr key={keyId} id={`key-${keyId}`}>
              <th scope="row">{name}</th>
              <td>{role}</td>
              <td class="wide">{scopeText(scope)}</td>
              <td>
                <Id id={keyId} />
              </td>
              <td>
                <When at={createdAt} show="full" />
              </td>
              <td>{lastUsedAt === null ? 'never' : <Ago at={lastUsedAt} now={frame.now} />}</td>
              <td>
                {revokedAt === null ? (
                  '● valid'
                ) : (
                  <>
                    ○ revoked <When at={revokedAt} show="full" />
                  </>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  </Page>
);
