/** Marks an account in shadow mode, wherever people see it (R23). */
import type { VNode } from 'preact';
import type { Numbers } from '../ui/numbers.js';

/** Renders the banner of the page of an account; nothing in the mode `enforce`. */
export const ShadowBanner = ({
  numbers: { accountId, mode },
  canOperate,
}: {
  readonly numbers: Pick<Numbers, 'accountId' | 'mode'>;
  readonly canOperate: boolean;
}): VNode | null =>
  mode === 'enforce' ? null : (
    <div id="shadow" class="banner banner-warn">
      <p>
        <strong>Shadow mode.</strong> The gate decides each reserve, records what it would deny, and
        grants it. The counter may exceed the cap. Holds and cooldowns stop nothing.
      </p>
      <p class="actions">
        <a class="button" href={`/accounts/${accountId}/shadow`}>
          What would be denied
        </a>
        {canOperate ? (
          <a class="button" href={`/accounts/${accountId}/do/enforce`}>
            End shadow mode
          </a>
        ) : null}
      </p>
    </div>
  );

/** Renders the tag of an account in a list; nothing in the mode `enforce`. */
export const ShadowTag = ({ mode }: Pick<Numbers, 'mode'>): VNode | null =>
  mode === 'enforce' ? null : (
    <span class="tag" title="The gate records what it would deny, and grants it.">
      <span aria-hidden="true">◌</span> shadow mode
    </span>
  );
