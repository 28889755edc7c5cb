/** *Webhooks*: each endpoint, whether it gets its events, and its last tries. */
import type { VNode } from 'preact';
import type { Delivery, Endpoint } from '../../../postgres/webhooks/endpoints.js';
import { scopeText } from '../../../postgres/access/keys.js';
import type { GroupCount, GroupFilter } from '../../../postgres/groups/members.js';
import { GroupForm } from '../groups/groupChoice.js';
import { whole } from '../ui/format.js';
import { CRUMBS, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Ago, Empty, Id, Section, Table, When } from '../ui/parts.js';

export type EndpointShown = Endpoint & { readonly tries: readonly Delivery[] };

export const WebhooksPage = ({
  frame,
  endpoints,
  group,
  groups,
}: {
  readonly frame: Frame;
  readonly endpoints: readonly EndpointShown[];
  readonly group: GroupFilter;
  readonly groups: readonly GroupCount[];
}): VNode => (
  <Page frame={frame} title="Webhooks" here="fleet" stream="/v1/stream">
    <Head way={[CRUMBS.fleet]} title="Webhooks">
      <p class="note">
        <code>safeband webhooks add</code> adds an endpoint. This page is read again every 30 s.
      </p>
      <GroupForm action="/webhooks" group={group} groups={groups} />
    </Head>
    {endpoints.length > 0 ? null : (
      <Empty>
        {group === null ? (
          'No endpoint yet.'
        ) : (
          <>
            No endpoint is limited to these accounts. <a href="/webhooks">Show all endpoints</a>
          </>
        )}
      </Empty>
    )}
    {endpoints.map((endpoint) => (
      <One key={endpoint.endpointId} endpoint={endpoint} now={frame.now} />
    ))}
  </Page>
);

function One({ endpoint, now }: { readonly endpoint: EndpointShown; readonly now: number }): VNode {
  const { endpointId, url, events, format, tries } = endpoint;
  const rows: readonly (readonly [string, string])[] = [
    ['Events', events.join(', ')],
    ['Accounts', scopeText(endpoint)],
    ['Format', format],
  ];
  return (
    <Section id={`endpoint-${endpointId}`} title={url}>
      <p>
        <Id id={endpointId} /> <State endpoint={endpoint} now={now} />
      </p>
      <dl class="pairs">
        {rows.map(([word, text]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {tries.length === 0 ? (
        <Empty>No event was sent yet.</Empty>
      ) : (
        <Table
          caption={`Last tries of ${endpointId}`}
          head={['Time', 'Event', { figure: 'Attempt' }, { figure: 'Duration' }, 'Result']}
        >
          {tries.map(({ deliveryId, at, type, attempt, durationMs, status, error }) => (
            <tr key={deliveryId} id={`try-${deliveryId}`}>
              <th scope="row">
                <When at={at} show="full" />
              </th>
              <td>{type}</td>
              <td class="number">{attempt}</td>
              <td class="number">{whole(durationMs)} ms</td>
              <td class="wide">
                {error === null ? '✓ delivered' : `▲ ${error}`}
                {status === null ? '' : `, status ${status}`}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function State({ endpoint, now }: { readonly endpoint: Endpoint; readonly now: number }): VNode {
  const { disabledAt, disabledReason, failingSince, attempt, nextAttemptAt } = endpoint;
  if (disabledAt !== null) {
    return (
      <span class="flag">
        ○ disabled <When at={disabledAt} show="full" />: {disabledReason}
      </span>
    );
  }
  if (failingSince === null) return <span>● gets its events</span>;
  return (
    <span class="flag">
      ▲ failing, first <Ago at={failingSince} now={now} />, {attempt} tries
      {nextAttemptAt === null ? null : (
        <>
          , next at <When at={nextAttemptAt} />
        </>
      )}
    </span>
  );
}
