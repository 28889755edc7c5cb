/** The simplest counter: a Postgres row, locked with FOR UPDATE. */
import pg from 'pg';

export const SCHEMA = `
  create table if not exists peer_accounts (id text primary key, cap int not null, used int not null);
  create table if not exists peer_sends (
    account text not null, id text not null, state text not null, primary key (account, id))`;

/** Grants a send if the account is below its cap; the same id gets its answer again. */
export async function reserve(pool, account, id) {
  return inTransaction(pool, async (db) => {
    const { rows } = await db.query(
      'select cap, used from peer_accounts where id = $1 for update',
      [account],
    );
    const known = await db.query('select 1 from peer_sends where account = $1 and id = $2', [
      account,
      id,
    ]);
    if (known.rowCount > 0) return true;
    if (rows[0].used >= rows[0].cap) return false;
    await db.query('update peer_accounts set used = used + 1 where id = $1', [account]);
    await db.query("insert into peer_sends values ($1, $2, 'in_flight')", [account, id]);
    return true;
  });
}

export const deliver = (pool, account, id) =>
  pool.query("update peer_sends set state = 'delivered' where account = $1 and id = $2", [
    account,
    id,
  ]);

export const connect = (pool, account, cap) =>
  pool.query('insert into peer_accounts values ($1, $2, 0)', [account, cap]);

async function inTransaction(pool, work) {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const done = await work(client);
    await client.query('commit');
    return done;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** Opens the tables. The number of connections is that of a process of Safeband. */
export async function openRow({ databaseUrl }) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  await pool.query(SCHEMA);
  return {
    name: 'Postgres row, FOR UPDATE',
    connect: (account, cap) => connect(pool, account, cap),
    reserve: (account, id) => reserve(pool, account, id),
    deliver: (account, id) => deliver(pool, account, id),
    close: () => pool.end(),
  };
}
