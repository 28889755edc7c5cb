/** Renders what is left of an order that has ended: its take-back, and the file of its accounts. */
import type { VNode } from 'preact';
import { parseInstant } from '../../../domain/primitives/time.js';
import type { OrderRow } from '../../../postgres/fleet/orders.js';
import { When } from '../ui/parts.js';

/** True if a person may take the order back. */
export const mayTakeBack = ({
  kind,
  endedAt,
  takenBackBy,
  done,
  accountsDeletedAt,
}: OrderRow): boolean =>
  kind === 'hold' &&
  endedAt !== null &&
  takenBackBy === null &&
  done > 0 &&
  accountsDeletedAt === null;

/** Renders the link to the file with all accounts, or when their rows were deleted. */
export const AccountsFile = ({
  order: { orderId, accountsDeletedAt },
}: {
  readonly order: OrderRow;
}): VNode =>
  accountsDeletedAt === null ? (
    <p>
      <a href={`/v1/orders/${orderId}/accounts?format=csv`} download>
        All accounts as CSV
      </a>
    </p>
  ) : (
    <p class="note">
      The rows of its accounts were deleted (
      <When at={parseInstant(accountsDeletedAt) ?? 0} show="full" />
      ), because the order ended long ago. The counts stay.
    </p>
  );
