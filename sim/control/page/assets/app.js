// The page as a whole: its views, their addresses, the head, and what is refreshed when.
import { ask, tell } from './api.js';
import { clockTime, count, isFrozen, now, set } from './clock.js';
import { conversation } from './conversation.js';
import { conversations } from './conversations.js';
import { copy, failed } from './dom.js';
import { exchange, exchanges } from './exchanges.js';
import { faults } from './faults.js';
import { event, journal } from './journal.js';
import { number } from './number.js';
import { Pool } from './pool.js';
import { messages, refused } from './refused.js';
import { isRehearsed, rehearsal, rehearse } from './rehearsal.js';
import { follow } from './stream.js';
import { begin } from './try.js';

const pool = new Pool();

// views are what an address may begin with; of is the entry of the menu to which a detail belongs.
const views = {
  pool: { shows: pool, of: 'pool' },
  conversations: { shows: conversations, of: 'conversations' },
  http: { shows: exchanges, of: 'http' },
  journal: { shows: journal, of: 'journal' },
  refused: { shows: refused, of: 'refused' },
  faults: { shows: faults, of: 'faults' },
  rehearsal: { shows: rehearsal, of: 'rehearsal' },
  number: { shows: number, of: 'pool' },
  conversation: { shows: conversation, of: 'conversations' },
  exchange: { shows: exchange, of: 'http' },
  event: { shows: event, of: 'journal' },
  messages: { shows: messages, of: 'refused' },
};

const wide = matchMedia('(min-width: 1000px)'); // as in style.css: the pool is beside everything else

let view = ''; // what the address names
let section = ''; // what is shown for it
let address; // that was followed last

// route shows what the address names. Where the pool is beside everything else, its own view is the conversations'.
function route() {
  address = location.hash;
  const [name, ...rest] = location.hash.replace(/^#\/?/, '').split('/').map(decoded);
  view = name in views ? name : wide.matches ? 'conversations' : 'pool';
  section = view === 'pool' && wide.matches ? 'conversations' : view;
  document.body.dataset.view = view;
  for (const part of document.querySelectorAll('main > section')) part.hidden = part.id !== section;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.view === views[view].of) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }
  showPlace();
  const { shows } = views[section];
  shows.show?.(...rest);
  shows.refresh();
  document.querySelector('main').scrollTop = 0;
}

// showPlace keeps where one is in sight: the menu is wider than a phone, and grows with the counts in it.
function showPlace() {
  document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

const menu = new ResizeObserver(showPlace);
for (const link of document.querySelectorAll('nav a')) menu.observe(link);

// followed shows what a new address names, once.
function followed() {
  if (location.hash !== address) route();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// head is what is shown above everything else.
const head = {
  busy: false,
  stale: false,

  async refresh() {
    if (this.busy) {
      this.stale = true;
      return;
    }
    this.busy = true;
    if (section !== 'faults') faults.refresh(); // for the count in the menu
    try {
      const [clock, calls, no, session] = await Promise.all([
        ask('v1/clock'), ask('v1/conversations', { limit: 1 }), ask('v1/refused', { limit: 1 }), ask('v1/session'),
      ]);
      set(clock.now, clock.frozen);
      document.querySelector('#freeze').setAttribute('aria-pressed', String(clock.frozen));
      document.querySelector('#freeze').textContent = clock.frozen ? 'Run' : 'Freeze';
      document.querySelector('#count-conversations').textContent = calls.total || '';
      document.querySelector('#count-refused').textContent = no.total || '';
      document.querySelector('#session').hidden = !session.held;
      document.querySelector('#holder').textContent = session.held ? `${session.holder}, who alone may change it` : '';
    } catch {
      // The stream says when the simulator is there again.
    }
    setTimeout(() => {
      this.busy = false;
      if (this.stale) {
        this.stale = false;
        this.refresh();
      }
    }, 1000);
  },
};

// refresh looks again at all that is seen.
function refresh() {
  pool.refresh();
  views[section].shows.refresh();
  head.refresh();
}

let known = '';

// know learns which simulator it is: another one when it was changed.
async function know() {
  try {
    const [about, { projects }] = await Promise.all([ask('v1/simulator'), ask('v1/projects')]);
    const which = JSON.stringify([about.profile, about.addresses, projects]);
    if (which === known) return;
    known = which;
    document.querySelector('#profile').textContent = about.profile;
    document.querySelector('#http-address').textContent = about.addresses.http;
    document.querySelector('#sip-address').textContent = about.addresses.sip;
    document.querySelector('h1').title = about.version;
    for (const part of [pool, journal, faults]) part.know(projects);
  } catch (error) {
    failed(error);
  }
}

const words = { live: 'live', waiting: 'no connection', stranger: 'another token is wanted: open the link that the simulator prints' };

function told(state) {
  const node = document.querySelector('#live');
  node.dataset.state = state;
  node.textContent = state === 'waiting' && isRehearsed() ? 'waiting for a lesson' : words[state];
  if (state === 'live') know();
}

async function steer(change) {
  try {
    const clock = await tell('POST', 'v1/clock', change);
    set(clock.now, clock.frozen);
    refresh();
  } catch (error) {
    failed(error);
  }
}

document.querySelector('#freeze').addEventListener('click', () => steer({ frozen: !isFrozen() }));
for (const button of document.querySelectorAll('[data-advance]')) {
  button.addEventListener('click', () => steer({ advance: button.dataset.advance }));
}
for (const id of ['#http-address', '#sip-address']) {
  document.querySelector(id).addEventListener('click', (click) => copy(click.target.textContent));
}
const help = document.querySelector('#help');
document.querySelector('#help-button').addEventListener('click', () => help.showModal());

document.addEventListener('keydown', (press) => {
  const typing = press.target.closest('input, textarea, select, dialog');
  if (press.altKey || press.ctrlKey || press.metaKey) return;
  if (press.key === 'Escape' && !press.target.closest('dialog')) {
    if (typing) press.target.blur();
    else location.hash = `#/${views[view].of}`;
    return;
  }
  if (typing) return;
  const entries = document.querySelectorAll('nav a:not([hidden])');
  if (press.key >= '1' && press.key <= String(entries.length)) {
    enter(entries[Number(press.key) - 1].getAttribute('href'));
  } else if (press.key === '/') {
    document.querySelector('main > section:not([hidden]) input[type=search]')?.focus();
    press.preventDefault();
  } else if (press.key === '?') {
    help.showModal();
  }
});

// enter goes to a view, and to its list, before the next key is pressed.
function enter(there) {
  location.hash = there;
  followed();
  document.querySelector(section === 'pool' ? '#numbers' : 'main > section:not([hidden]) .list')?.focus();
}

setInterval(() => { if (!document.hidden) head.refresh(); }, 10_000); // a clock that somebody else has stopped is no event

setInterval(() => {
  if (document.hidden || Number.isNaN(now())) return;
  count();
  document.querySelector('#clock').textContent = clockTime(now()).slice(0, 8);
}, 500);

addEventListener('hashchange', followed);
wide.addEventListener('change', route);
begin(() => pool.project);
route();
follow(refresh, told);
rehearse(() => {
  if (!location.hash) location.hash = '#/rehearsal';
  told(document.querySelector('#live').dataset.state);
});
