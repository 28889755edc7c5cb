/** Reads the sockets of a process from the kernel (Linux), also those of native code. */
import { readdir, readFile, readlink } from 'node:fs/promises';

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6'];

const lines = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, 'utf8').catch(() => '')).trim().split('\n');
const names = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** `0100007F:1538` is 127.0.0.1:5432; an IPv4 address in IPv6 is returned as IPv4. */
function endOf(hex: string): string {
  const [address = '', port = ''] = hex.split(':');
  const words = address.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).toReversed());
  const isFour = bytes.length === 4 || /^0{20}f{4}/i.test(bytes.join(''));
  const host = isFour
    ? bytes
        .slice(-4)
        .map((byte) => Number.parseInt(byte, 16))
        .join('.')
    : `[${bytes.join('')}]`;
  return `${host}:${Number.parseInt(port, 16)}`;
}

async function socketsOf(pid: number): Promise<ReadonlySet<string>> {
  const links = (await names(`/proc/${pid}/fd`)).map((fd) =>
    readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''),
  );
  const found = (await Promise.all(links)).flatMap((link) => /^socket:\[(\d+)\]$/.exec(link) ?? []);
  return new Set(found);
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const tasks = await names(`/proc/${pid}/task`);
  const lists = tasks.map((task) => lines(`/proc/${pid}/task/${task}/children`));
  return (await Promise.all(lists)).flat().join(' ').split(' ').filter(Boolean).map(Number);
}

/**
 * Returns the remote addresses of the sockets of a process and its children, each once. For a
 * listening socket it returns the local address.
 */
export async function remoteEndsOf(pid: number): Promise<readonly string[]> {
  const own = await socketsOf(pid);
  const tables = await Promise.all(TABLES.map((table) => lines(`/proc/${pid}/net/${table}`)));
  const ends = tables.flat().flatMap((line) => {
    const [, local = '', remote = '', , , , , , , inode = ''] = line.trim().split(/\s+/);
    if (!own.has(inode)) return [];
    return /:0+$/.test(remote) ? [`listens at ${endOf(local)}`] : [endOf(remote)];
  });
  const inherited = await Promise.all((await childrenOf(pid)).map(remoteEndsOf));
  return [...new Set([...ends, ...inherited.flat()])].toSorted();
}
