/** *Log in*: exchanges an API key for a log-in of some hours, so that no browser stores the key. */
import type { VNode } from 'preact';
import { Page, type Frame } from '../ui/layout.js';

export const LoginPage = ({
  frame,
  next,
  failure,
}: {
  readonly frame: Frame;
  /** Where to go afterwards: a path of this server. */
  readonly next: string;
  readonly failure: string | null;
}): VNode => (
  <Page frame={frame} title="Log in">
    <div class="confirm card">
      <h1>Log in</h1>
      <p>Paste an API key. The role of the key decides what you can see and do.</p>
      {failure === null ? null : (
        <p class="banner banner-error" role="alert" id="refusal">
          {failure}
        </p>
      )}
      <form method="post" action="/login">
        <input type="hidden" name="next" value={next} />
        <div class={failure === null ? 'field' : 'field wrong'}>
          <label for="key">API key</label>
          <input
            id="key"
            name="key"
            type="password"
            required
            autoComplete="current-password"
            aria-invalid={failure === null ? undefined : 'true'}
            aria-describedby={failure === null ? 'key-hint' : 'refusal key-hint'}
          />
          <p class="note" id="key-hint">
            A key begins with sb_. To make a new one: npx safeband keys make me --role operator
          </p>
        </div>
        <p class="actions">
          <button type="submit" class="primary">
            Log in
          </button>
        </p>
      </form>
    </div>
  </Page>
);

/** Returns the path if it is on this server, otherwise the list of accounts. */
export const safePath = (raw: unknown): string =>
  typeof raw === 'string' && /^\/(?![/\\])[\w\-./?=&%:~]*$/.test(raw) ? raw : '/accounts';
