// What happened inside, newest first.
import { ask } from './api.js';
import { control } from './curl.js';
import { Detail } from './detail.js';
import { copies, el, facts, json } from './dom.js';
import { List } from './list.js';
import { back, conversationLink, numberLink, pill, stamp, to } from './links.js';

// groups are the kinds of events by what they are about, as the simulator's journal has them.
export const groups = {
  'what went wrong': ['reserve-refused', 'request-rejected', 'reply-undelivered', 'client-closed', 'call-rejected', 'call-failed', 'start-failed', 'turn-failed', 'end-hook-failed', 'handoff-dropped', 'handoff-evicted', 'fault-hit'],
  HTTP: ['reserve-accepted', 'reserve-refused', 'request-rejected', 'reply-undelivered', 'client-closed', 'handoff-read', 'handoff-missed'],
  numbers: ['bound', 'unbound', 'released', 'expired', 'freed', 'resized'],
  calls: ['invite', 'call-rejected', 'tolerated', 'answered', 'cancelled', 'bye-sent', 'bye-received', 'call-failed'],
  agents: ['start', 'start-failed', 'turn', 'turn-failed', 'silence', 'dtmf', 'agent-note', 'end-hook', 'end-hook-failed'],
  handoffs: ['handoff-written', 'handoff-revised', 'handoff-dropped', 'handoff-evicted', 'handoff-read', 'handoff-missed'],
  simulator: ['started', 'stopped', 'restarted', 'advanced', 'fault-hit'],
};

const section = document.querySelector('#journal');
const filter = section.querySelector('.filter');
const { text, kind, project } = filter.elements;

kind.append(el('option', { value: '' }, 'every kind'),
  ...Object.entries(groups).map(([name, kinds]) => el('option', { value: kinds.join(',') }, name)),
  el('optgroup', { label: 'one kind' }, [...new Set(Object.values(groups).flat())].sort().map((name) => el('option', {}, name))));

const list = new List(section.querySelector('.list'), {
  async load(skip, limit) {
    const got = await ask('v1/journal', { text: text.value.trim(), kind: kind.value, project: project.value, newest: true, skip, limit });
    section.querySelector('.total').textContent = `${got.total ?? 0}${got.dropped ? ` of the newest; ${got.dropped} older made room` : ''}`;
    return { items: got.events, total: got.total ?? 0 };
  },
  draw: row,
  key: (item) => item.seq,
  told: (total) => { section.querySelector('.none').hidden = total > 0; },
});

filter.addEventListener('input', () => list.restart());
filter.addEventListener('submit', (event) => event.preventDefault());

export const journal = {
  refresh: () => list.refresh(),

  // show looks for one text, that of a link to the journal; without one the filter stays as it is.
  show(wanted) {
    if (wanted === undefined) return;
    filter.reset();
    text.value = wanted;
    list.restart();
  },

  // know has the projects be chosen from.
  know(projects) {
    project.replaceChildren(el('option', { value: '' }, 'every project'), ...projects.map((p) => el('option', {}, p.name)));
    project.hidden = projects.length < 2;
  },
};

const wrong = new Set(groups['what went wrong']);

function row(e) {
  return el('a', { class: 'event-row', href: to('event', e.seq), 'data-event': e.kind },
    stamp(e.at), el('span', {}, pill(e.kind, wrong.has(e.kind) ? 'warn' : 'dim')),
    el('span', { class: 'mono' }, e.number ?? ''), el('span', {}, e.cause ?? ''), el('span', { class: 'dim' }, e.detail ?? e.shared_id ?? ''));
}

// events is a short table of events.
export function events(some) {
  if (!some.length) return el('p', { class: 'dim' }, 'nothing that is kept');
  return el('div', { class: 'events' }, some.map(row));
}

export const event = new Detail(document.querySelector('#event'), {
  async read(seq) {
    const got = await ask('v1/journal', { after: Number(seq) - 1, limit: 1 });
    if (got.events[0]?.seq !== Number(seq)) throw new Error(`Event ${seq} is no longer kept.`);
    return got.events[0];
  },
  draw(part, e) {
    part.replaceChildren(back('journal', 'Journal'), el('h2', {}, e.kind),
      facts([
        ['At', stamp(e.at)], ['Cause', e.cause], ['Project', e.project], ['Number', e.number ? numberLink(e.project, e.number) : ''],
        ['Conversation', e.call ? conversationLink(e.call) : ''], ['shared_id', e.shared_id], ['Lease', e.lease],
        ['SIP messages', e.call_id ? el('a', { class: 'mono', href: to('messages', e.call_id) }, e.call_id) : ''],
      ]),
      el('div', { class: 'bar' }, copies('Copy as curl', () => control('GET', `v1/journal?after=${e.seq - 1}&limit=1`))),
      json(e));
  },
});
