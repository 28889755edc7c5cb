/**
 * Which addresses webhooks may be sent to. A URL is somebody's wish: without this, it could make us
 * call what only we can reach, such as the metadata service of a cloud.
 */
import { BlockList, isIP } from 'node:net';

export type Network = { readonly address: string; readonly prefix: number };

/** IPv4 that is not public (IANA's registry of special purposes). */
const NOT_PUBLIC: readonly Network[] = [
  { address: '0.0.0.0', prefix: 8 },
  { address: '10.0.0.0', prefix: 8 },
  { address: '100.64.0.0', prefix: 10 },
  { address: '127.0.0.0', prefix: 8 },
  { address: '169.254.0.0', prefix: 16 }, // link-local: the metadata of clouds
  { address: '172.16.0.0', prefix: 12 },
  { address: '192.0.0.0', prefix: 24 },
  { address: '192.0.2.0', prefix: 24 },
  { address: '192.88.99.0', prefix: 24 },
  { address: '192.168.0.0', prefix: 16 },
  { address: '198.18.0.0', prefix: 15 },
  { address: '198.51.100.0', prefix: 24 },
  { address: '203.0.113.0', prefix: 24 },
  { address: '224.0.0.0', prefix: 3 }, // multicast, and what is reserved
];
/** Of IPv6, only this is public, */
const GLOBAL: Network = { address: '2000::', prefix: 3 };
/** and of that not what stands for other addresses, or for documents. */
const NOT_GLOBAL: readonly Network[] = [
  { address: '2001::', prefix: 23 },
  { address: '2001:db8::', prefix: 32 },
  { address: '2002::', prefix: 16 },
  { address: '3fff::', prefix: 20 },
];

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

function listOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix } of networks) list.addSubnet(address, prefix, familyOf(address));
  return list;
}

const reserved = listOf([...NOT_PUBLIC, ...NOT_GLOBAL]);
const global = listOf([GLOBAL]);

/**
 * `::ffff:10.0.0.1` and its like are the IPv4 address that they carry; a BlockList knows that by
 * itself.
 */
const isPublic = (address: string): boolean =>
  !reserved.check(address, familyOf(address)) &&
  (familyOf(address) === 'ipv4' || global.check(address, 'ipv6'));

/** May this address be called: it is public, or in one of the networks that were allowed. */
export function mayCall(networks: readonly Network[]): (address: string) => boolean {
  const allowed = listOf(networks);
  return (address) => isPublic(address) || allowed.check(address, familyOf(address));
}

/** Reads `10.0.0.0/8, fd00::/8`; undefined: one of them is no network. */
export function parseNetworks(text: string): readonly Network[] | undefined {
  const parts = text.split(',').map((part) => part.trim());
  const networks = parts.filter(Boolean).map((part) => {
    const [, address = '', digits = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(part) ?? [];
    const prefix = Number(digits);
    const bits = isIP(address) === 4 ? 32 : 128;
    return isIP(address) && digits && prefix <= bits ? { address, prefix } : undefined;
  });
  return networks.every((network) => network !== undefined) ? networks : undefined;
}
