/** Restate: an account is a virtual object, which handles one message after the other. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as restate from '@restatedev/restate-sdk';
import * as clients from '@restatedev/restate-sdk-clients';

const START_MS = 60_000;

// The SDK calls it, and Node 20 does not have it.
Promise.withResolvers ??= () => {
  let resolve;
  let reject;
  const promise = new Promise((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
};

const account = restate.object({
  name: 'account',
  handlers: {
    connect: async (ctx, cap) => {
      ctx.set('account', { cap, used: 0 });
    },
    reserve: async (ctx, id) => {
      if ((await ctx.get(`send/${id}`)) !== null) return true;
      const { cap, used } = await ctx.get('account');
      if (used >= cap) return false;
      ctx.set('account', { cap, used: used + 1 });
      ctx.set(`send/${id}`, 'in_flight');
      return true;
    },
    deliver: async (ctx, id) => {
      ctx.set(`send/${id}`, 'delivered');
    },
  },
});

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function until(url, options) {
  const end = Date.now() + START_MS;
  for (;;) {
    const answer = await fetch(url, options).catch((error) => error);
    if (answer.ok) return;
    if (Date.now() > end) throw new Error(`${url} does not answer: ${answer.status ?? answer}`);
    await sleep(200);
  }
}

/** Starts a Restate server with data in that folder, and this process as its service. */
export async function openRestate({ dataDir }) {
  const [ingress, admin, fabric, service] = await Promise.all([1, 2, 3, 4].map(() => freePort()));
  const here = createRequire(import.meta.url);
  const platform = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  const folder = path.dirname(here.resolve(`${platform}/package.json`));
  const server = path.join(folder, 'bin', 'restate-server');
  const child = spawn(server, ['--no-logo', '--base-dir', path.join(dataDir, 'restate')], {
    stdio: 'ignore',
    env: {
      ...process.env,
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_PORT: String(fabric),
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_ADVERTISED_HOST: '127.0.0.1',
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_LOG_FILTER: 'error',
      DO_NOT_TRACK: '1',
    },
  });
  try {
    await restate.serve({ services: [account], port: service, logger: () => undefined });
    await until(`http://127.0.0.1:${admin}/health`);
    await until(`http://127.0.0.1:${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
    });
  } catch (error) {
    child.kill('SIGTERM');
    throw error;
  }
  const calls = clients.connect({ url: `http://127.0.0.1:${ingress}` });
  const of = (key) => calls.objectClient(account, key);
  const withKey = (idempotencyKey) => clients.rpc.opts({ idempotencyKey });
  return {
    name: 'Restate',
    connect: (key, cap) => of(key).connect(cap),
    reserve: (key, id) => of(key).reserve(id, withKey(`${key}/${id}/reserve`)),
    deliver: (key, id) => of(key).deliver(id, withKey(`${key}/${id}/deliver`)),
    close: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
