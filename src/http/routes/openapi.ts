/**
 * The OpenAPI document of all routes and a page to read it, made from the schemas of the routes.
 */
import { readFile } from 'node:fs/promises';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema } from 'fastify';
import type { Need } from '../access/caller.js';
import { knownErrors } from '../plumbing/problems.js';
import { withNamedSchemas } from '../plumbing/namedSchemas.js';

const LOGO = new URL('../../../public/logo.svg', import.meta.url);

/** The keys that a right is given to. */
const KEYS: Readonly<Record<Need, string>> = {
  public: 'Needs no key.',
  read: 'Needs a key of any role.',
  send: 'Needs a pipeline or operator key.',
  operate: 'Needs an operator key.',
};

/** Adds a description with the keys that may use the route. */
function described(schema: FastifySchema | undefined, needs: Need | undefined): FastifySchema {
  if (schema?.summary === undefined) return schema ?? {};
  const text = schema.description ?? `${schema.summary}.`;
  return { ...schema, description: `${text} ${KEYS[needs ?? 'operate']}` };
}

/** Renders every error as a table in Markdown. */
function errorTable(): string {
  const rows = knownErrors().map(
    ({ status, name, title, cure = '' }) => `| ${status} | \`${name}\` | ${title} | ${cure} |`,
  );
  const head = ['| status | error | meaning | fix |', '| --- | --- | --- | --- |'];
  return ['### Errors', '', ...head, ...rows].join('\n');
}

/** Adds the document; call it before any route, because it collects routes as they are added. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Safeband',
        version: '1',
        description:
          'Counts the InMails that each LinkedIn account sends per day, and enforces its daily cap. ' +
          'Reserve a slot before you call LinkedIn, and report the outcome afterwards.\n\n' +
          errorTable(),
      },
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, made with `safeband keys make`.',
          },
        },
      },
      security: [{ key: [] }],
      tags: [
        { name: 'messages', description: 'Messages that change an account.' },
        { name: 'queries', description: 'Reads of one account.' },
        { name: 'lists', description: 'Lists of rows, in pages.' },
        { name: 'alerts', description: 'One alert, and what people do with it.' },
        { name: 'operations', description: 'Checks of all accounts and of the installation.' },
        { name: 'streams', description: 'Server-sent events.' },
        { name: 'webhooks', description: 'Endpoints that receive events of accounts.' },
        { name: 'providers', description: 'What the provider of a pipeline reports.' },
      ],
    },
    hideUntagged: true,
    transform: ({ schema, url, route }) => ({
      schema: described(schema, route.config?.needs),
      url,
    }),
    // The document of the plugin has the type of every version of OpenAPI.
    transformObject: (made) =>
      'openapiObject' in made ? withNamedSchemas({ ...made.openapiObject }) : made.swaggerObject,
  });
}

/** Adds `/openapi.json`, and `/docs` with its own content policy, because it has inline styles. */
export async function openApiRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { config: { needs: 'public' } }, () => app.swagger());
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, needs: 'public' };
    });
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { url: '/openapi.json', deepLinking: false, validatorUrl: null },
      theme: { title: 'Safeband: HTTP API' },
      logo: { type: 'image/svg+xml', content: await readFile(LOGO) },
      staticCSP:
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; " +
        "base-uri 'none'",
    });
  });
}
