/**
 * The addresses that webhooks may be sent to. The owner of an endpoint chooses its URL: without
 * this check, the URL could name an internal server, such as the metadata service of a cloud.
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
  { address: '224.0.0.0', prefix: 3 }, // multicast, and reserved ranges
];
/** The public part of IPv6. */
const GLOBAL: Network = { address: '2000::', prefix: 3 };
/** The parts of `GLOBAL` that stand for other addresses or for documentation. */
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
 * True for a public address. An address such as `::ffff:10.0.0.1` is the IPv4 address in it; a
 * BlockList treats it so.
 */
const isPublic = (address: string): boolean =>
  !reserved.check(address, familyOf(address)) &&
  (familyOf(address) === 'ipv4' || global.check(address, 'ipv6'));

/** Returns a check that is true for public addresses and for addresses in allowed networks. */
export function mayCall(networks: readonly Network[]): (address: string) => boolean {
  const allowed = listOf(networks);
  return (address) => isPublic(address) || allowed.check(address, familyOf(address));
}

/** Reads `10.0.0.0/8, fd00::/8`; undefined if one of them is not a network. */
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
