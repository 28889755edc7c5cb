/** The document of all routes, and a page to read it; both come from the schemas of the routes. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/** Before any route: it listens to their coming. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Safeband',
        version: '1',
        description:
          'How many InMails each LinkedIn account has spent today. Ask for a slot before you call ' +
          'LinkedIn, and report what became of it.',
      },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'A key of `safeband keys`.' },
        },
      },
      security: [{ key: [] }],
      tags: [
        { name: 'messages', description: 'What changes an account.' },
        { name: 'queries', description: 'What an account says of itself.' },
        { name: 'lists', description: 'Rows, paged.' },
        { name: 'streams', description: 'Server-sent events.' },
        { name: 'webhooks', description: 'Who is told what happens.' },
      ],
    },
    hideUntagged: true,
  });
}

/** `/openapi.json`, and `/docs` with a policy of its own: that page writes styles into itself. */
export async function openApiRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', { config: { needs: 'public' } }, () => app.swagger());
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, needs: 'public' };
    });
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { url: '/openapi.json', deepLinking: false, validatorUrl: null },
      staticCSP:
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
        "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; " +
        "base-uri 'none'",
    });
  });
}
