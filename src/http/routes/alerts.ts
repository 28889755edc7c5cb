/** Alerts: the lists, one alert, and what a person does with it. Only an operator's key acts. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import { ALERT_HELP, mayClose } from '../../domain/diagnostics/alerts/alertHelp.js';
import type { ActRefusal, AlertVerb } from '../../domain/diagnostics/alerts/act.js';
import { isoDay, isoInstant, isoOrNull } from '../../domain/primitives/time.js';
import { parseAlertOrder } from '../../domain/wire/alertOrder.js';
import { actOnAlert } from '../../postgres/alerts/act.js';
import {
  ALERT_ORDERS,
  ALERT_STATES,
  alertStateOf,
  listAlertActs,
  pageAlerts,
  readAlert,
  UNRESOLVED,
  type Alert,
  type AlertAct,
  type AlertOrder,
  type AlertState,
} from '../../postgres/alerts/alerts.js';
import { actorOf } from '../access/actor.js';
import type { Parts } from '../context.js';
import { invalidInput, Problem } from '../plumbing/problems.js';
import { textIn, type Query } from '../plumbing/paging.js';
import { runbookUrlOf } from '../runbookUrl.js';
import * as schemas from '../schemas/alerts.js';
import { place, type Listing } from './lists/list.js';
import { problems } from './message.js';

export const alertUnknown = (): Problem =>
  new Problem({
    status: 404,
    kind: 'alert-unknown',
    title: 'There is no such alert',
    detail: 'this key has no alert with this id',
    cure: 'read the ids of alerts with GET /v1/alerts',
  });

const TITLES: Readonly<Record<ActRefusal['code'], string>> = {
  AlertResolved: 'This alert is already resolved',
  AlertAcknowledged: 'A person already works on this alert',
  AlertRaisedAgain: 'This alert was raised again',
  AlertNotClosable: 'This alert ends with its cause',
};

/** Returns a refusal as a problem; the alert stays as it is. */
export const problemOfAct = ({ code, message, cure }: ActRefusal): Problem =>
  new Problem({ status: 409, kind: code, title: TITLES[code], detail: message, cure });

const actItem = ({ at, actor, reason }: AlertAct) => ({ at: isoInstant(at), actor, reason });

const item = (alert: Alert, runbookUrl: string) => {
  const { kind, severity, acknowledged, closed, isConnected } = alert;
  const { title, found, step, ifNoPersonActs, endedBy } = ALERT_HELP[kind];
  return {
    alertId: alert.alertId,
    accountId: alert.accountId,
    group: alert.group,
    kind,
    severity,
    state: alertStateOf(alert),
    title,
    found,
    nextStep: step,
    ifNoPersonActs,
    runbookUrl: `${runbookUrl}#${kind}`,
    endedBy,
    canClose: alert.resolvedAt === null && mayClose(kind, isConnected),
    quotaDay: isoDay(alert.day),
    details: alert.details,
    times: alert.times,
    openedAt: isoInstant(alert.openedAt),
    raisedAt: isoInstant(alert.raisedAt),
    acknowledged: acknowledged && actItem(acknowledged),
    resolvedAt: isoOrNull(alert.resolvedAt),
    closed: closed && actItem(closed),
  };
};

const isState = (raw: unknown): raw is AlertState => ALERT_STATES.some((one) => one === raw);
/** Returns the states of a list; null for all of them. */
function statesIn({ open, state }: Query): readonly AlertState[] | null {
  const unresolved = open === 'true';
  if (!isState(state)) return unresolved ? UNRESOLVED : null;
  return unresolved && state === 'resolved' ? [] : [state];
}

const orderIn = ({ order }: Query): AlertOrder =>
  ALERT_ORDERS.find((one) => one === order) ?? 'raised';

export const placeOfAlert = place(Type.Integer(), Type.Integer(), Type.Integer());
/** The parts that both lists of alerts share. */
export const alertList: Pick<
  Listing<typeof placeOfAlert>,
  'path' | 'item' | 'filters' | 'place' | 'read'
> = {
  path: '/alerts',
  item: schemas.alert,
  filters: schemas.alertFilters,
  place: placeOfAlert,
  read: async ({ app, parts, accounts, query, after, limit }) => {
    const url = runbookUrlOf(app, parts.runbookUrl);
    const found = await pageAlerts(parts.pool, {
      accounts,
      kind: textIn(query, 'kind'),
      severity: textIn(query, 'severity'),
      states: statesIn(query),
      order: orderIn(query),
      after,
      limit,
    });
    return found.map((one) => ({ item: item(one.item, url), place: one.place }));
  },
};

type Params = Static<typeof schemas.alertParams>;

/** Adds the routes of one alert. */
export function alertRoutes(app: FastifyInstance, parts: Parts): void {
  app.get<{ Params: Params }>(
    '/v1/alerts/:alertId',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'alert',
        tags: ['alerts'],
        summary: 'One alert, and everything that people did with it',
        params: schemas.alertParams,
        response: { 200: schemas.alertWithActs, ...problems },
      },
    },
    async ({ params: { alertId }, caller }) => {
      const found = await readAlert(parts.pool, Number(alertId), caller.accounts);
      if (!found) throw alertUnknown();
      return withActs(app, parts, found);
    },
  );
  addAct(app, parts, 'acknowledge', 'Record that a person works on the alert');
  addAct(app, parts, 'close', 'Close an alert that no reconcile or audit ends');
}

async function withActs(app: FastifyInstance, { pool, runbookUrl }: Parts, alert: Alert) {
  const acts = await listAlertActs(pool, alert.alertId);
  return {
    ...item(alert, runbookUrlOf(app, runbookUrl)),
    actions: acts.map(({ action, ...act }) => ({ action, ...actItem(act) })),
  };
}

function addAct(app: FastifyInstance, parts: Parts, verb: AlertVerb, summary: string): void {
  app.post<{ Params: Params }>(
    `/v1/alerts/:alertId/${verb}`,
    {
      config: { needs: 'operate' },
      schema: {
        operationId: `${verb}Alert`,
        tags: ['alerts'],
        summary,
        params: schemas.alertParams,
        body: schemas.alertOrder,
        response: { 200: schemas.alertWithActs, ...problems },
      },
    },
    async (request) => {
      const alertId = Number(request.params.alertId);
      return withActs(
        app,
        parts,
        await actOn(parts, request, { alertId, verb, body: request.body }),
      );
    },
  );
}

/** Executes the order of a request; throws the refusal as a problem. */
export async function actOn(
  { pool, now }: Parts,
  { caller }: Pick<FastifyRequest, 'caller'>,
  asked: { readonly alertId: number; readonly verb: AlertVerb; readonly body: unknown },
): Promise<Alert> {
  const at = now();
  const order = parseAlertOrder(asked.body, 'strict', at);
  if (!order.ok) {
    throw invalidInput(order.message, /^\w+(?= )/.exec(order.message)?.[0]);
  }
  const { reason, actor, raisedAt } = order.value;
  const done = await actOnAlert(pool, {
    alertId: asked.alertId,
    verb: asked.verb,
    actor: actorOf(caller, actor),
    reason,
    at,
    accounts: caller.accounts,
    knownRaisedAt: raisedAt ?? null,
  });
  if (!done) throw alertUnknown();
  if ('refusal' in done) throw problemOfAct(done.refusal);
  return done.alert;
}
