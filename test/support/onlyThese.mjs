/**
 * Loaded into a process first (`node --import`): its JavaScript can then open connections only to
 * the addresses in ONLY_THESE. Any other is refused, and recorded as a JSON line in ONLY_THESE_LOG.
 * It first proves the refusal, against ONLY_THESE_PROOF.
 * Plain JavaScript, because worker threads load it as well, and they cannot load TypeScript.
 * Connections of native code do not pass here: `remoteEnds.ts` reads them from outside.
 */
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';
import { isMainThread, threadId } from 'node:worker_threads';

const allowed = new Set((process.env['ONLY_THESE'] ?? '').split(','));
const logFile = process.env['ONLY_THESE_LOG'] ?? '';
const elsewhere = process.env['ONLY_THESE_PROOF'] ?? '';
const proof = { isOn: false };

function note(what, by, target) {
  appendFileSync(logFile, `${JSON.stringify({ what, by, target, threadId })}\n`);
}

class Refused extends Error {
  name = 'Refused';
}

function refuse(by, target) {
  note(proof.isOn ? 'proven' : 'refused', by, target);
  throw new Refused(`${by}: a connection to ${target} is refused here`);
}

function replace(owner, name, made) {
  const real = Reflect.get(owner, name);
  if (typeof real !== 'function') throw new Error(`there is no ${name} to replace`);
  Reflect.set(owner, name, made);
}

const fieldOf = (from, name) =>
  typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;

/** `connect(options)`, `connect(port, host)`, `connect(path)`, or Node's own `[options, callback]`. */
function targetOf(args) {
  const [first, second] = args;
  if (Array.isArray(first)) return targetOf(first);
  if (typeof first === 'number')
    return `${typeof second === 'string' ? second : 'localhost'}:${first}`;
  if (typeof first === 'string') return first;
  const path = fieldOf(first, 'path');
  if (typeof path === 'string') return path;
  return `${String(fieldOf(first, 'host') ?? 'localhost')}:${String(fieldOf(first, 'port'))}`;
}

const connect = Reflect.get(net.Socket.prototype, 'connect');
function guarded(...args) {
  const target = targetOf(args);
  if (!allowed.has(target)) return refuse('net', target);
  note('allowed', 'net', target);
  return Reflect.apply(connect, this, args);
}
Reflect.set(net.Socket.prototype, 'connect', guarded);

/** Refuses calls that the worker never needs, for any target. */
const never = (by, owner, names) => {
  for (const name of names) replace(owner, name, (first) => refuse(by, `${name} ${String(first)}`));
};
const RESOLVERS = ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveSrv', 'reverse'];
never('dns', dns, RESOLVERS);
never('dns', dns.promises, RESOLVERS);
never('dns', dns.Resolver.prototype, ['resolve', 'resolve4', 'resolve6']);
never('udp', dgram.Socket.prototype, ['connect', 'send', 'bind']);
never('http', http, ['request', 'get']);
never('https', https, ['request', 'get']);
never('http2', http2, ['connect']);
never('tls', tls, ['connect']);
never('fetch', globalThis, ['fetch']);
syncBuiltinESMExports();

/** Tries each way once, to an address where a server listens: it counts connections that arrive. */
function prove() {
  const [host = '', port = ''] = elsewhere.split(':');
  const url = `http://${elsewhere}/`;
  const tries = [
    () => net.connect(Number(port), host),
    () => new net.Socket().connect({ host, port: Number(port) }),
    () => dns.lookup('www.linkedin.com', () => undefined),
    () => dns.promises.resolve4('www.linkedin.com'),
    () => dgram.createSocket('udp4').send('x', Number(port), host),
    () => http.get(url),
    () => https.request(`https://${elsewhere}/`),
    () => http2.connect(url),
    () => tls.connect(Number(port), host),
    () => fetch(url),
  ];
  proof.isOn = true;
  for (const attempt of tries) {
    try {
      attempt();
    } catch (error) {
      if (error instanceof Refused) continue;
      throw error;
    }
    throw new Error(`nothing refused ${attempt.toString()}`);
  }
  proof.isOn = false;
}

if (isMainThread) prove();
note('loaded', 'thread', '');
