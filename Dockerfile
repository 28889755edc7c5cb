# One image for worker, server and migration: the command decides which (see compose.yml).
# The digest is of the index of all platforms. Raise tag and digest together, in both stages.
FROM node:24.21.0-bookworm-slim@sha256:2fe369e969550cde8e867afc3fe370b260140cab4a23d467074295b42163d553 AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No dependency needs an install script.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24.21.0-bookworm-slim@sha256:2fe369e969550cde8e867afc3fe370b260140cab4a23d467074295b42163d553
# The system's certificates check the certificates of Temporal's and Postgres's servers.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production TZ=UTC
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The worker bundles its workflows at start, from dist.
COPY package.json ./
COPY migrations ./migrations
COPY bin ./bin
COPY public ./public
# The server serves it at /runbook.
COPY docs/runbook.md ./docs/
USER node
EXPOSE 8080 9464
# The server's check; the worker's is in compose.yml. Not /readyz: a restart repairs no database.
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server.js"]
