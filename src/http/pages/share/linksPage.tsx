/** *Share*: the links to an account, for operators. A new link is shown once. */
import type { VNode } from 'preact';
import { SHARE_HOURS } from '../../../domain/wire/shareOrder.js';
import type { Instant } from '../../../domain/primitives/time.js';
import { shareStateOf, type Share } from '../../../postgres/access/shares.js';
import { FieldsForm, Refusal, type Failure } from '../actions/confirm.js';
import type { Field } from '../actions/fields.js';
import type { Form } from '../ui/form.js';
import { crumbsOf, Head } from '../ui/head.js';
import { Page, type Frame } from '../ui/layout.js';
import { Ago, Empty, Section, When } from '../ui/parts.js';

/** Maximum number of links on the page. */
export const LINKS_MAX = 50;

type Props = {
  readonly frame: Frame;
  readonly accountId: string;
  readonly shares: readonly Share[];
  /** The link that was made by this request. */
  readonly url: string | null;
  readonly form: Form;
  readonly failure: Failure | null;
};

const EXPIRES: Field = {
  name: 'expiresInHours',
  label: 'Valid for',
  isRequired: true,
  value: String(SHARE_HOURS.default),
  options: [
    ['1', '1 hour'],
    ['24', '1 day'],
    ['168', '7 days'],
    ['720', '30 days'],
    ['2160', '90 days'],
  ],
};

const LABEL: Field = {
  name: 'label',
  label: 'Label',
  hint: 'What operators call the link, such as ticket 4711. May be empty. The customer does not see it.',
};
const FIELDS: readonly Field[] = [EXPIRES, LABEL];

export const LinksPage = ({ frame, accountId, shares, url, form, failure }: Props): VNode => (
  <Page frame={frame} title={`Share: ${accountId}`} here="accounts">
    <Head way={crumbsOf(accountId)} title={`Share ${accountId}`}>
      <p>
        A link shows the day of this account to a person without a key: what was sent, what is left,
        and why nothing is sent. It shows no id, no name and no other account.
      </p>
    </Head>
    {url === null ? null : <NewLink url={url} />}
    <Section id="make" title="Make a link">
      <Refusal failure={failure} fields={FIELDS} />
      <FieldsForm
        action={`/accounts/${accountId}/share`}
        fields={FIELDS}
        form={form}
        failure={failure}
        button="Make a link"
      />
    </Section>
    <Section
      id="links"
      title="Links"
      note={
        `At most ${LINKS_MAX} links, the newest first. This list does not change by itself: load the ` +
        'page again to see what is new.'
      }
    >
      {shares.length === 0 ? (
        <Empty>No link yet.</Empty>
      ) : (
        <ul class="plain">
          {shares.map((share) => (
            <Link key={share.shareId} share={share} now={frame.now} />
          ))}
        </ul>
      )}
    </Section>
  </Page>
);

const NewLink = ({ url }: { readonly url: string }): VNode => (
  <div class="banner banner-done" id="made">
    <div class="field">
      <label for="url">The new link. Copy it now: it is not shown again.</label>
      <input id="url" type="text" readOnly={true} value={url} autoComplete="off" />
    </div>
    <p>
      <button type="button" class="quiet needs-script" data-copy={url} data-copies="url">
        Copy the link
      </button>{' '}
      <a href={url} rel="noreferrer">
        Open the link
      </a>
    </p>
  </div>
);

function Link({ share, now }: { readonly share: Share; readonly now: Instant }): VNode {
  const { shareId, accountId, label, createdBy, createdAt, expiresAt, revokedAt, revokedBy } =
    share;
  const state = shareStateOf(share, now);
  return (
    <li>
      <p>
        {label === null ? null : <strong>{label} · </strong>}
        <strong>{WORDS[state]}</strong>{' '}
        {revokedAt === null ? (
          <>
            until <When at={expiresAt} show="full" />
          </>
        ) : (
          <>
            by {revokedBy} at <When at={revokedAt} show="full" />
          </>
        )}
      </p>
      <p class="note">
        Link {shareId}, made by {createdBy} <Ago at={createdAt} now={now} />;{' '}
        {share.lastOpenedAt === null ? (
          'never opened'
        ) : (
          <>
            last opened <Ago at={share.lastOpenedAt} now={now} />
          </>
        )}
      </p>
      {state === 'valid' ? (
        <form method="post" action={`/accounts/${accountId}/share/revoke`}>
          <input type="hidden" name="shareId" value={shareId} />
          <button type="submit" class="danger" aria-label={`Revoke the link ${shareId}`}>
            Revoke
          </button>
        </form>
      ) : null}
    </li>
  );
}

const WORDS = { valid: '● Valid', expired: '○ Expired', revoked: '■ Revoked' } as const;
