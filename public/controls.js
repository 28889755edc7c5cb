/**
 * Charts that show their values, buttons that copy an id, menus, and what was typed. Without this script
 * every page is whole: a table has the values, and a menu opens and closes by its own button.
 */

// ---- values of a chart, at the pointer and at the arrow keys

/** Returns the values of a chart, from its table: the place across, and the words. */
function valuesOf(plot) {
  const table = document.getElementById(plot.dataset.values);
  const heads = [...(table?.querySelectorAll('thead th') ?? [])].map((one) => one.textContent);
  const rows = [...(table?.querySelectorAll('tr[data-x]') ?? [])].map((row) => ({
    x: Number(row.dataset.x),
    text: [...row.children]
      .map(({ textContent }, n) =>
        n === 0 ? textContent : textContent && `${heads[n]} ${textContent}`,
      )
      .filter(Boolean)
      .join(', '),
  }));
  return rows.toSorted((a, b) => a.x - b.x);
}

function showValue(plot, wanted) {
  const values = valuesOf(plot);
  const n = Math.min(values.length - 1, Math.max(0, wanted));
  const [cursor, readout] = [plot.querySelector('.cursor'), plot.querySelector('.readout')];
  const value = values[n];
  cursor.toggleAttribute('hidden', !value);
  readout.textContent = value?.text ?? '';
  if (!value) return;
  cursor.setAttribute('x1', `${value.x * 100}%`);
  cursor.setAttribute('x2', `${value.x * 100}%`);
  plot.dataset.n = n;
  plot.setAttribute('aria-valuenow', n);
  plot.setAttribute('aria-valuetext', value.text);
}

function hideValue(plot) {
  plot.querySelector('.cursor').setAttribute('hidden', '');
  plot.querySelector('.readout').textContent = '';
}

/** Makes each chart a control: the arrow keys move through its values. */
function preparePlots(root) {
  for (const plot of root.querySelectorAll('.plot')) {
    const count = root.querySelectorAll(`#${plot.dataset.values} tr[data-x]`).length;
    plot.tabIndex = 0;
    plot.setAttribute('role', 'slider');
    plot.setAttribute('aria-label', plot.querySelector('.chart').getAttribute('aria-label'));
    plot.setAttribute('aria-valuemin', 0);
    plot.setAttribute('aria-valuemax', Math.max(0, count - 1));
    plot.setAttribute('aria-valuenow', Math.max(0, count - 1));
  }
}

/** Where the pointer was last: a new page of live.js forgets the value that was shown there. */
let pointerX = 0;

function showNearest(plot) {
  const { left, width } = plot.getBoundingClientRect();
  const values = valuesOf(plot).map(({ x }) => Math.abs(x - (pointerX - left) / width));
  showValue(plot, values.indexOf(Math.min(...values)));
}

function watchPlots() {
  document.addEventListener('pointermove', ({ target, clientX }) => {
    pointerX = clientX;
    const plot = target.closest('.plot');
    for (const other of document.querySelectorAll('.plot')) {
      if (other !== plot && other !== document.activeElement) hideValue(other);
    }
    if (plot) showNearest(plot);
  });
  document.addEventListener('keydown', (event) => {
    const plot = event.target.closest('.plot');
    if (!plot) return;
    const last = valuesOf(plot).length - 1;
    const n = plot.dataset.n === undefined ? last : Number(plot.dataset.n);
    const to = { ArrowLeft: n - 1, ArrowRight: n + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    showValue(plot, to);
  });
  document.addEventListener('focusin', ({ target }) => {
    if (target.matches('.plot')) showValue(target, Number(target.dataset.n ?? Infinity));
  });
  document.addEventListener('focusout', ({ target }) => {
    if (target.matches('.plot')) hideValue(target);
  });
}

// ---- copy buttons and menus

async function copyId(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // Without a secure context, the browser copies only what is selected.
    const { copies } = button.dataset;
    if (copies) document.getElementById(copies).select();
    else getSelection().selectAllChildren(button.previousElementSibling);
    document.execCommand('copy');
  }
  button.classList.add('is-copied');
  setTimeout(() => button.classList.remove('is-copied'), 1_500);
}

function watchClicks() {
  document.addEventListener('click', ({ target }) => {
    const copy = target.closest('[data-copy]');
    if (copy) void copyId(copy);
    for (const menu of document.querySelectorAll('.menu[open]')) {
      if (!menu.contains(target)) menu.open = false;
    }
  });
  document.addEventListener('keydown', ({ key, target }) => {
    const menu = key === 'Escape' && target.closest('.menu[open]');
    if (!menu) return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
}

// ---- what was typed

/** Puts what was typed or chosen into the new page, also where the focus is no longer. */
function keepTyped(next) {
  for (const field of document.querySelectorAll('main [name]')) {
    const copy = [...next.querySelectorAll(`[name="${CSS.escape(field.name)}"]`)].find(
      (one) => one.form?.getAttribute('action') === field.form?.getAttribute('action'),
    );
    if (!copy || field.type === 'hidden') continue;
    if (field.type === 'checkbox') copy.toggleAttribute('checked', field.checked);
    else if (field.tagName === 'SELECT') {
      for (const one of copy.options) one.toggleAttribute('selected', one.value === field.value);
    } else copy.setAttribute('value', field.value);
  }
}

// ---- beginning, and each new page of live.js

preparePlots(document);
watchPlots();
watchClicks();
document.addEventListener('page:next', ({ detail }) => {
  preparePlots(detail);
  keepTyped(detail);
});
document.addEventListener('page:shown', () => {
  const plot = document.activeElement?.closest('.plot');
  if (plot) showValue(plot, Number(plot.dataset.n ?? Infinity));
  const pointed = document.querySelector('.plot:hover');
  if (pointed) showNearest(pointed);
});
