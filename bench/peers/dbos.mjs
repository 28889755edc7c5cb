/** DBOS Transact: each message is a durable workflow with an id of its own, with one step each. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import * as row from './row.mjs';

/** Opens DBOS on a database of its own on the same server. */
export async function openDbos({ databaseUrl }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  await pool.query(row.SCHEMA);
  const reserving = DBOS.registerWorkflow(
    (account, id) => DBOS.runStep(() => row.reserve(pool, account, id), { name: 'reserve' }),
    { name: 'reserving' },
  );
  const delivering = DBOS.registerWorkflow(
    async (account, id) => {
      await DBOS.runStep(() => row.deliver(pool, account, id).then(() => null), {
        name: 'deliver',
      });
    },
    { name: 'delivering' },
  );
  const systemDatabaseUrl = new URL(databaseUrl);
  systemDatabaseUrl.pathname = '/safeband_peer_dbos';
  DBOS.setConfig({
    name: 'safeband-peers',
    systemDatabaseUrl: systemDatabaseUrl.href,
    systemDatabasePoolSize: 10,
    logLevel: 'error',
  });
  await DBOS.launch();
  const run = async (workflow, workflowID, account, id) => {
    const handle = await DBOS.startWorkflow(workflow, { workflowID })(account, id);
    return handle.getResult();
  };
  return {
    name: 'DBOS Transact',
    connect: (account, cap) => row.connect(pool, account, cap),
    reserve: (account, id) => run(reserving, `${account}/${id}/reserve`, account, id),
    deliver: (account, id) => run(delivering, `${account}/${id}/deliver`, account, id),
    close: async () => {
      await DBOS.shutdown();
      await pool.end();
    },
  };
}
