/**
 * What commands read and order. There are two implementations with the same answers: `direct` uses
 * Postgres and Temporal, `byKey` uses only the HTTP API. Commands print both with the same code.
 */
import type { Groups } from './groups.js';
import type { SafebandClient } from '../../client/index.js';
import type { AlertKind, Severity } from '../../domain/account/alertKinds.js';
import type { AlertVerb } from '../../domain/diagnostics/alerts/act.js';
import type { StateAt } from '../../domain/diagnostics/asOf/stateAt.js';
import type { Reading } from '../../domain/diagnostics/consistency.js';
import type { WhatIf } from '../../domain/diagnostics/whatIf/whatIf.js';
import type { Why } from '../../domain/diagnostics/why/model.js';
import type { AccountState } from '../../domain/gate/accountState.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { Sending } from '../../domain/wire/canSend.js';
import type { StatusWire } from '../../domain/wire/responses.js';
import type { AccessChange } from '../../postgres/access/changes.js';
import type { AlertState } from '../../postgres/alerts/alerts.js';
import type { Erasure } from '../../postgres/data/erasures.js';
import type { Happening } from '../../postgres/read/feed.js';
import type { ShadowReport } from '../../postgres/diagnostics/shadow.js';
import type { EndpointInput, ReplayFrom } from '../../postgres/webhooks/endpoints.js';
import type { StatusRead } from '../../status/readStatus.js';
import type { Finding } from '../../doctor/finding.js';
import type { CliError } from '../errors.js';
import type { Campaigns } from './campaigns.js';
import type { Brakes, FleetOrders } from './fleet.js';
import type { FoundJson } from './finding.js';
import type {
  accountJson,
  alertJson,
  deliveryJson,
  endpointJson,
  eventJson,
  shareJson,
} from '../shapes.js';

export type AccountJson = ReturnType<typeof accountJson>;
export type AlertJson = ReturnType<typeof alertJson>;
export type EventJson = ReturnType<typeof eventJson>;
export type EndpointJson = ReturnType<typeof endpointJson>;
export type DeliveryJson = ReturnType<typeof deliveryJson>;

/** A list of at most that many; `group` null: of all accounts. */
type OfGroup = { readonly limit: number; readonly group: string | null };
export type ShareJson = ReturnType<typeof shareJson>;

export type KnownStatus = {
  readonly read: StatusRead;
  /** The reason for a read from Postgres; null if the workflow answered. */
  readonly why: string | null;
};

/** The part of a status that `connect` prints. */
export type FirstStatus = Pick<
  StatusWire,
  'state' | 'remaining' | 'caps' | 'verified' | 'hold' | 'cooldown'
>;
/** The messages to an account, and the Queries that only its workflow answers. */
export type Orders = Pick<
  SafebandClient,
  | 'connect'
  | 'configure'
  | 'hold'
  | 'resume'
  | 'settle'
  | 'credits'
  | 'replied'
  | 'reconcileNow'
  | 'disconnect'
  | 'peek'
  | 'nextSlots'
  | 'waiting'
  | 'withdraw'
> & { readonly status: (accountId: string) => Promise<FirstStatus> };

export type AccountsAsked = {
  readonly state: AccountState | null;
  /** Null: all accounts. */
  readonly sending: Sending | null;
  /** `none`: accounts without a group. Null: all accounts (R26). */
  readonly group: string | null;
  readonly prefix: string;
  /** The last account of the page before; empty for the first page. */
  readonly after: string;
  readonly limit: number;
};
export type DriftJson = {
  readonly checked: number;
  readonly disagreeing: number;
  readonly accounts: readonly (AccountJson & { readonly isEdited: boolean })[];
};
export type AlertsAsked = {
  readonly accountId: string | null;
  /** `none`: alerts of accounts without a group. Null: of all accounts (R26). */
  readonly group: string | null;
  readonly severity: Severity | null;
  readonly kind: AlertKind | null;
  /** Null: the alerts that are not resolved. */
  readonly state: AlertState | 'all' | null;
  readonly limit: number;
};
/** `before`: the id of the last item of the page before. */
export type Page = { readonly limit: number; readonly before: number | null };

export type AlertOrder = {
  readonly alertId: number;
  readonly verb: AlertVerb;
  readonly reason: string;
  readonly actor: string;
  readonly raisedAt: Instant | null;
};

/** Endpoints of webhooks. An unknown endpoint is undefined, or false. */
export type Webhooks = {
  /** `group`: only those that name it or an account of it; null: all. */
  readonly list: (group: string | null) => Promise<readonly EndpointJson[]>;
  readonly add: (
    input: EndpointInput,
    actor: string,
  ) => Promise<{ readonly endpointId: string; readonly secret: string }>;
  readonly log: (
    endpointId: string,
    page: Page & { readonly group: string | null },
  ) => Promise<
    { readonly deliveries: readonly DeliveryJson[]; readonly next: number | null } | undefined
  >;
  /** `nothing`: no event is kept from that point on. */
  readonly replay: (
    endpointId: string,
    from: ReplayFrom,
    actor: string,
  ) => Promise<'replayed' | 'nothing' | 'unknown'>;
  readonly remove: (endpointId: string, actor: string) => Promise<boolean>;
};

/** Links to an account. An unknown link is undefined. */
export type Shares = {
  readonly make: (
    accountId: string,
    order: { readonly hours: number; readonly label: string | null; readonly actor: string },
  ) => Promise<ShareJson & { readonly url: string }>;
  readonly list: (accountId: string, limit: number) => Promise<readonly ShareJson[]>;
  readonly revoke: (
    accountId: string,
    shareId: string,
    actor: string,
  ) => Promise<ShareJson | undefined>;
};

export type Source = {
  /** Throws the error of `unknown` if there is no such account. */
  readonly known: (accountId: string) => Promise<void>;
  /** Returns the error for an account that does not run or does not exist. */
  readonly unknown: (accountId: string) => Promise<CliError>;
  readonly orders: () => Promise<Orders>;
  readonly status: (accountId: string) => Promise<KnownStatus>;
  /** Returns the alerts that were raised last; null: they cannot be read. */
  readonly lastAlerts: (accountId: string, limit: number) => Promise<readonly AlertJson[] | null>;
  readonly accounts: (
    asked: AccountsAsked,
  ) => Promise<{ readonly accounts: readonly AccountJson[]; readonly next: string | null }>;
  /** Compares all accounts, and returns at most `limit` of those that disagree. */
  readonly drift: (asked: OfGroup) => Promise<DriftJson>;
  /** Checks Postgres, Temporal and the workers. */
  readonly doctor: () => Promise<readonly Finding[]>;
  readonly alerts: (asked: AlertsAsked) => Promise<readonly AlertJson[]>;
  readonly act: (order: AlertOrder) => Promise<AlertJson>;
  readonly why: (accountId: string) => Promise<Why & { readonly source: 'workflow' | 'postgres' }>;
  readonly reading: (accountId: string) => Promise<Reading>;
  /** Undefined: the account had no rows at that time. */
  readonly history: (accountId: string, at: Instant) => Promise<StateAt | undefined>;
  readonly whatIf: (accountId: string, change: object, days: number) => Promise<WhatIf>;
  readonly shadow: (accountId: string, days: number) => Promise<ShadowReport>;
  readonly events: (
    accountId: string,
    page: Page,
  ) => Promise<{ readonly events: readonly EventJson[]; readonly next: number | null }>;
  /** Returns what campaigns asked, by campaign and day. */
  readonly campaigns: Campaigns;
  readonly find: (asked: OfGroup & { readonly text: string }) => Promise<FoundJson>;
  readonly feed: (
    accountId: string,
    asked: { readonly since: Instant | null; readonly limit: number },
  ) => Promise<readonly Happening[]>;
  readonly accessChanges: (
    page: Page & { readonly group: string | null },
  ) => Promise<{ readonly changes: readonly AccessChange[]; readonly next: number | null }>;
  /** Returns the traces of erasures, the newest first. */
  readonly erasures: (
    page: Page,
  ) => Promise<{ readonly erasures: readonly Erasure[]; readonly next: string | null }>;
  readonly groups: Groups;
  readonly webhooks: Webhooks;
  readonly shares: Shares;
  readonly brakes: Brakes;
  readonly fleetOrders: FleetOrders;
};
