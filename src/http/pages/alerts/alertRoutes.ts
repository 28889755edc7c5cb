/** The list of alerts, and the pages on which a person acknowledges or closes one. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refusalOfAct, type AlertVerb } from '../../../domain/diagnostics/alerts/act.js';
import { ALERT_ID_PATTERN } from '../../../domain/wire/alertOrder.js';
import { pageAlerts, readAlert, type Alert } from '../../../postgres/alerts/alerts.js';
import { countGroups, idsOfGroup } from '../../../postgres/groups/members.js';
import type { Pool } from '../../../postgres/pool.js';
import { readPage } from '../../plumbing/paging.js';
import { notFound, problemIn, type Problem } from '../../plumbing/problems.js';
import { actOn, alertUnknown, placeOfAlert, problemOfAct } from '../../routes/alerts.js';
import type { PageParts } from '../context.js';
import { formOf, type Form } from '../ui/form.js';
import { frameOf, goTo, sendPage } from '../ui/send.js';
import { ActPage, VERBS } from './actPage.js';
import { AlertsPage } from './alertsPage.js';
import { alertsAskOf, filtersOf, pageOfAsk } from './alertsView.js';

type Listing = { readonly Querystring: Record<string, unknown> };
type OfAct = {
  readonly Params: { readonly alertId: string; readonly verb: string };
  readonly Querystring: Record<string, unknown>;
};
const isVerb = (raw: string): raw is AlertVerb => Object.hasOwn(VERBS, raw);

export function addAlertPages(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, pool, alerts } = parts;

  app.get<Listing>('/alerts', { config: { needs: 'read' } }, async (request, reply) => {
    const { caller } = request;
    const ask = alertsAskOf(request.query);
    const only = { group: ask.group, accounts: caller.accounts };
    const [accounts, groups] = await Promise.all([
      idsOfGroup(pool, only),
      countGroups(pool, caller.accounts),
    ]);
    const cursor = ask.cursor === null ? {} : { cursor: ask.cursor };
    const shown: Alert[] = [];
    const { next } = await readPage({
      path: '/alerts',
      query: { ...filtersOf(ask), ...cursor },
      place: placeOfAlert,
      read: async (after, limit) => {
        const page = { ...pageOfAsk(ask), accounts, after, limit };
        const found = await pageAlerts(pool, page);
        shown.push(...found.map(({ item }) => item).slice(0, limit - 1));
        return found;
      },
    });
    const counts = await alerts.sumFor(caller);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const page = AlertsPage({ frame, ask, alerts: shown, counts, groups, next });
    return sendPage(request, reply, page);
  });

  addActs(app, parts);
}

function addActs(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, pool, alerts } = parts;
  const config = { needs: 'operate' } as const;

  const show = async (
    request: FastifyRequest<OfAct>,
    reply: FastifyReply,
    { form, problem }: { readonly form: Form; readonly problem: Problem | null },
  ): Promise<FastifyReply> => {
    const { alert, verb } = await asked(pool, request);
    const refusal = refusalOfAct(verb, alert, null);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const page = ActPage({
      frame,
      verb,
      alert,
      form,
      failure: (problem ?? (refusal && problemOfAct(refusal)))?.fields ?? null,
      back: backOf(alert, form),
      isPossible: refusal === undefined,
    });
    return sendPage(request, reply, page, problem?.statusCode);
  };

  app.get<OfAct>('/alerts/:alertId/do/:verb', { config }, async (request, reply) =>
    show(request, reply, { form: formOf(request.query), problem: null }),
  );

  app.post<OfAct>('/alerts/:alertId/do/:verb', { config }, async (request, reply) => {
    const { alert, verb } = await asked(pool, request);
    const form = formOf(request.body);
    const { reason, raisedAt } = form;
    try {
      const body = { reason, raisedAt };
      const done = await actOn(parts, request, { alertId: alert.alertId, verb, body });
      alerts.touch();
      const word = verb === 'close' ? 'closed' : 'acknowledged';
      return goTo(reply, backOf(done, form), `Alert ${done.alertId} (${done.kind}) is ${word}.`);
    } catch (error) {
      const problem = problemIn(error);
      if (!problem) throw error;
      return show(request, reply, { form, problem });
    }
  });
}

/** Returns the alert and the act of the address; throws if the caller may not see the alert. */
async function asked(
  pool: Pool,
  { params, caller }: FastifyRequest<OfAct>,
): Promise<{ readonly alert: Alert; readonly verb: AlertVerb }> {
  const { alertId, verb } = params;
  if (!isVerb(verb)) throw notFound();
  const isId = new RegExp(ALERT_ID_PATTERN).test(alertId);
  const alert = isId ? await readAlert(pool, Number(alertId), caller.accounts) : undefined;
  if (!alert) throw alertUnknown();
  return { alert, verb };
}

const backOf = ({ accountId }: Alert, form: Form): string =>
  form['back'] === 'account' ? `/accounts/${accountId}` : '/alerts';
