/**
 * Keeps a page true while it is open: asks for it again when the stream says that something has
 * changed, morphs what differs into place, counts ages and ends, and says when it is out of touch.
 * Without this script every page is whole; it only stands still.
 */
const POLL_MS = 30_000;
const STALE_MS = 90_000;
/** Changes that come close together make one ask. */
const GATHER_MS = 250;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
/** What the stream says when something has changed. */
const EVENTS = ['status', 'change', 'resync'];

const main = () => document.getElementById('main');
const live = document.getElementById('live');
const streamUrl = document.body.dataset.stream;
/** A page without a stream may still ask again: a shared link has no key for a stream. */
const isFollowed = streamUrl !== undefined || document.body.dataset.asks === 'again';
const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
/** The server's clock less the reader's: ages are told by the server's. */
let clockOffset = 0;
let seenAt = Date.now();
let isLost = false;
const now = () => Date.now() + clockOffset;

// ---- times

const FORMATS = {
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  minute: { hour: '2-digit', minute: '2-digit' },
  date: { day: 'numeric', month: 'short' },
  full: { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' },
};
const known = new Map();
/** Returns the format of that name in that zone; each is made once, because that is slow. */
function formatOf(name, timeZone) {
  const key = `${name} ${timeZone}`;
  if (!known.has(key)) {
    const parts = { ...FORMATS[name], timeZone, hourCycle: 'h23' };
    known.set(key, new Intl.DateTimeFormat('en-GB', parts));
  }
  return known.get(key);
}
const isUtc = (one) => /^(UTC|GMT|Etc\/)/.test(one);

/** Returns words for a sentence: "at 09:00 your time on 26 Nov"; after "midnight UTC", " (01:00 …)". */
function yourTime(kind, at) {
  const words = `${formatOf('minute', zone).format(at)} ${isUtc(zone) ? 'UTC' : 'your time'}`;
  if (kind === 'midnight') return isUtc(zone) ? '' : ` (${words})`;
  const isToday = at.toDateString() === new Date(now()).toDateString();
  return `${kind} ${words}${isToday ? '' : ` on ${formatOf('date', zone).format(at)}`}`;
}

/** Shows each instant in the reader's zone; the other zones are shown on hover. */
function addLocalTimes(root) {
  const ofPage = (root.id === 'main' ? root : root.querySelector('#main'))?.dataset.zone;
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    const ofAccount = time.dataset.zone ?? ofPage;
    const { show: format = 'time', yours } = time.dataset;
    if (yours) time.textContent = yourTime(yours, at);
    else if (!isUtc(zone)) time.textContent = formatOf(format, zone).format(at);
    const others = new Set(['UTC', ...(ofAccount ? [ofAccount] : [])]);
    if (!isUtc(zone)) others.delete(zone);
    time.title = [...others].map((one) => `${formatOf('full', one).format(at)} ${one}`).join('\n');
  }
  for (const text of root.querySelectorAll('[data-at]')) {
    text.textContent = formatOf('minute', zone).format(new Date(text.dataset.at));
  }
  const note = root.querySelector('#zone');
  if (note && !isUtc(zone)) note.textContent = `Times are in ${zone}. Point at a time for UTC.`;
}

function duration(ms) {
  const left = Math.max(0, ms);
  const pad = (n) => String(n).padStart(2, '0');
  const seconds = Math.floor(left / 1_000) % 60;
  const minutes = Math.floor(left / 60_000) % 60;
  const hours = Math.floor(left / 3_600_000);
  if (left >= 172_800_000) return `${Math.floor(left / 86_400_000)} days`;
  if (hours > 0) return `${hours} h ${pad(minutes)} min`;
  if (minutes > 0) return `${minutes} min ${pad(seconds)} s`;
  return `${seconds} s`;
}

/** Returns whether something has just ended. */
function tick(root) {
  let isOver = false;
  for (const span of root.querySelectorAll('.tick')) {
    const { since, until } = span.dataset;
    const text = since
      ? `${duration(now() - Date.parse(since))} ago`
      : duration(Date.parse(until) - now());
    if (span.textContent !== text) span.textContent = text;
    if (until && Date.parse(until) <= now() && !span.dataset.over) {
      span.dataset.over = 'yes';
      isOver = true;
    }
  }
  return isOver;
}

// ---- asking again

let gathering = 0;
let isAsking = false;
let isAskedAgain = false;

function askSoon() {
  if (gathering) return;
  gathering = setTimeout(() => {
    gathering = 0;
    void ask();
  }, GATHER_MS);
}

async function ask() {
  if (isAsking) {
    isAskedAgain = true;
    return;
  }
  isAsking = true;
  try {
    const asked = location.href;
    const answer = await fetch(asked, { headers: { accept: 'text/html' } });
    if (answer.redirected && new URL(answer.url).pathname === '/login') {
      location.assign(answer.url);
      return;
    }
    if (answer.status >= 500) throw new Error(`status ${answer.status}`);
    const html = await answer.text();
    if (asked === location.href) show(html);
    touch(true);
  } catch {
    touch(false);
  } finally {
    isAsking = false;
    if (isAskedAgain) {
      isAskedAgain = false;
      askSoon();
    }
  }
}

/** Morphs the new page into this one: focus, open details and what is typed stay. */
function show(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const next = page.getElementById('main');
  if (!next) return;
  if (next.dataset.now) clockOffset = Date.parse(next.dataset.now) - Date.now();
  addLocalTimes(next);
  document.dispatchEvent(new CustomEvent('page:next', { detail: next }));
  tick(next);
  for (const details of main().querySelectorAll('details[open][id]')) {
    next.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute('open', '');
  }
  globalThis.Idiomorph.morph(main(), next, {
    ignoreActiveValue: true,
    callbacks: {
      beforeNodeMorphed: (old) => old.id !== 'lost',
      beforeNodeRemoved: (old) => old.id !== 'flash',
    },
  });
  document.dispatchEvent(new CustomEvent('page:shown'));
  const [alerts, nextAlerts] = [document, page].map((one) => one.getElementById('nav-alerts'));
  if (alerts && nextAlerts) globalThis.Idiomorph.morph(alerts, nextAlerts);
  document.title = page.title;
}

// ---- tabs

/** Opens a tab of the page in place: its address is its own, and the scroll position stays. */
function openTab(event) {
  const link = event.target.closest('.tabs a');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  void ask();
}

// ---- filters that apply at once

const APPLY_MS = 200;

/** Asks for the list that the form describes, and keeps its address for a reload. */
function applyNow(form) {
  const chosen = [...new FormData(form)].filter(([, value]) => value !== '');
  const query = new URLSearchParams(chosen).toString();
  history.replaceState(null, '', query ? `${form.action}?${query}` : form.action);
  void ask();
}

function watchFilters() {
  let waiting = 0;
  document.addEventListener('input', ({ target }) => {
    const form = target.closest('form[data-apply=now]');
    if (!form) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => applyNow(form), APPLY_MS);
  });
  document.addEventListener('submit', (event) => {
    if (!event.target.matches('form[data-apply=now]')) return;
    event.preventDefault();
    clearTimeout(waiting);
    applyNow(event.target);
  });
}

// ---- in touch, or not

const at = (ms) => formatOf('time', zone).format(new Date(ms));

function say(text, kind) {
  if (!live || live.textContent === text) return;
  live.hidden = false;
  live.textContent = text;
  live.className = `live live-${kind}`;
}

/** The server was heard, or it was not. */
function touch(isHeard) {
  const lost = document.getElementById('lost');
  if (isHeard) {
    seenAt = Date.now();
    if (isLost) document.body.classList.remove('is-lost');
    isLost = false;
    if (lost) lost.hidden = true;
    if (isOpen) say('● Live', 'on');
    else if (!isFollowed) live.hidden = true;
    else say('◌ Updated every 30 s', 'wait');
    return;
  }
  if (!isLost) {
    isLost = true;
    document.body.classList.add('is-lost');
  }
  say('○ Connection lost', 'off');
  if (lost) {
    lost.hidden = false;
    lost.textContent =
      `The connection is lost. These numbers are from ${at(seenAt)}; ` +
      'they are asked for again until it is back.';
  }
}

// ---- the stream

let source = null;
let isOpen = false;
let failures = 0;

function listen() {
  source = new EventSource(streamUrl);
  source.addEventListener('open', () => {
    const isBack = failures > 0;
    isOpen = true;
    failures = 0;
    if (isBack) void ask();
    else touch(true);
  });
  for (const name of EVENTS) source.addEventListener(name, askSoon);
  source.addEventListener('error', () => {
    isOpen = false;
    source.close();
    setTimeout(listen, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
    failures += 1;
    // Says whether the server is away, or only the stream, or the log-in is over.
    void ask();
  });
}

// ---- beginning

function begin() {
  if (main().dataset.now) clockOffset = Date.parse(main().dataset.now) - Date.now();
  addLocalTimes(document);
  tick(document);
  watchFilters();
  document.addEventListener('click', openTab);
  globalThis.addEventListener('popstate', () => void ask());
  setInterval(() => {
    if (document.hidden) return;
    if (tick(document) && isFollowed) askSoon();
    if (isFollowed && !isLost && Date.now() - seenAt > STALE_MS) say('◌ Numbers are old', 'off');
  }, 1_000);
  if (!isFollowed) return;
  if (streamUrl) listen();
  else touch(true);
  setInterval(() => {
    if (!document.hidden) void ask();
  }, POLL_MS);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && Date.now() - seenAt > POLL_MS) void ask();
  });
  globalThis.addEventListener('online', () => void ask());
  globalThis.addEventListener('pagehide', () => source?.close());
}
if (main()) begin();
