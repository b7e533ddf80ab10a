// What goes wrong on purpose: each fault is a switch, and counts what it has hit.
import { ask, tell } from './api.js';
import { control } from './curl.js';
import { arrange, become, copy, el, failed } from './dom.js';

const reserve = (rest) => ({ endpoint: 'reserve', ...rest });
const handoff = (rest) => ({ endpoint: 'handoff', ...rest });

// known are the faults that have a switch from the start, in the words of a scenario's fault. Others have one while they
// are in force.
export const known = {
  http: [
    ['Reserve DNI is slow', reserve({ latency: '2s' })],
    ['Reserve DNI is overloaded', reserve({ reply: { preset: 'unavailable' } })],
    ['Reserve DNI wants its caller to wait', reserve({ reply: { preset: 'too-many-requests' } })],
    ['Reserve DNI takes a number, and its reply is lost', reserve({ drop_reply: 'eof' })],
    ['Reserve DNI never replies', reserve({ drop_reply: 'timeout' })],
    ['Reserve DNI is cut off before it is reached', reserve({ drop_request: 'reset' })],
    ['Reserve DNI replies with half of its body', reserve({ truncate: 8 })],
    ['Get Handoff is slow', handoff({ latency: '2s' })],
    ['Get Handoff is overloaded', handoff({ reply: { preset: 'unavailable' } })],
    ['Get Handoff replies with a page of HTML', handoff({ reply: { preset: 'html' } })],
  ],
  calls: [
    ['Calls find the number busy', { refuse: 486 }],
    ['Calls are refused as too many', { refuse: 503 }],
    ['Calls ring, and nobody answers', { no_answer: true }],
    ['Calls are answered late', { late_answer: '3s' }],
    ['The BYE is never sent', { no_bye: true }],
    ['The BYE is late', { late_bye: '3s' }],
    ['INVITEs are lost on their way', { lose_invites: true }],
    ['INVITEs arrive twice', { duplicate_invites: true }],
  ],
  agent: [
    ['start_function crashes', { function: 'start', crash: true }],
    ['start_function is slow', { function: 'start', slow: '3s' }],
    ['A turn crashes', { function: 'turn', crash: true }],
  ],
  handoffs: [
    ['A handoff is there late', { late: '5s' }],
    ['A handoff is never there', { never: true }],
    ['A handoff has null for data', { null_data: true }],
    ['A handoff is there every second time', { flapping: true }],
  ],
};

const titles = { http: 'HTTP', calls: 'Calls', agent: 'Agents', handoffs: 'Handoffs', carrier: 'Carrier' };

const section = document.querySelector('#faults');
const [project, times] = section.querySelectorAll('.filter select');
const form = section.querySelector('form');

let now = {}; // part -> list of faults in force
let hits = {};
let others = {}; // what is in force and is no list of faults: the carrier's behaviour
let read = ''; // the answer that is shown
let asking = false;
let stale = false; // something has happened since it was asked
let changes = 0; // that were made here, begun and done

// written is a fault without whom it hits and how often, in one form whatever the order of its keys.
function written(fault) {
  const { project: _, times: __, ...rest } = fault;
  return sorted(rest);
}

const sorted = (value) => JSON.stringify(value, (_, v) => (v && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v));

export const faults = {
  async refresh() {
    stale = true;
    if (asking) return;
    asking = true;
    try {
      while (stale) {
        stale = false;
        const before = changes;
        const got = await ask('v1/faults');
        if (before === changes) take(got);
        else stale = true; // it may be from before the change
      }
    } catch {
      // The stream says when the simulator is there again.
    }
    asking = false;
  },

  know(projects) {
    project.replaceChildren(el('option', { value: '' }, 'every project'), ...projects.map((p) => el('option', {}, p.name)));
    project.hidden = projects.length < 2;
  },
};

// take shows what is in force.
function take(got) {
  const text = JSON.stringify(got);
  if (text === read) return;
  read = text;
  now = {};
  others = {};
  hits = got.hits;
  for (const [part, value] of Object.entries(got.faults ?? {})) {
    if (part in known) now[part] = [value].flat();
    else others[part] = value;
  }
  const count = Object.values(now).flat().length + Object.keys(others).length;
  document.querySelector('#count-faults').textContent = count || '';
  for (const part of Object.keys(known)) group(part);
  const area = form.elements.faults;
  if (document.activeElement !== area) area.value = got.faults ? JSON.stringify(got.faults, null, 1).replace(/\n */g, ' ') : '';
}

const groups = Object.fromEntries(Object.keys(known).map((part) => [part, el('fieldset', {}, el('legend', {}, titles[part]))]));
document.querySelector('#switches').append(...Object.values(groups));
const toggles = new Map(); // the switches by what they are of: { node, fault, on }

function group(part) {
  const force = now[part] ?? [];
  const listed = known[part].map(([name, fault]) => {
    const index = force.findIndex((f) => written(f) === written(fault));
    return toggle(`${part} ${written(fault)}`, part, name, index < 0 ? fault : force[index], index);
  });
  const more = force.map((fault, index) => [fault, index]).filter(([fault]) => !known[part].some(([, k]) => written(k) === written(fault)));
  arrange(groups[part], [groups[part].querySelector('legend'), ...listed,
    ...more.map(([fault, index]) => toggle(`${part} another ${index}`, part, 'Another', fault, index))]);
}

// toggle is the switch of a fault, which stays the same element; index is its place among those in force, -1 when it is off.
function toggle(key, part, name, fault, index) {
  const on = index >= 0;
  const count = on ? hits[part]?.[index] ?? 0 : 0;
  const made = el('button', { type: 'button', role: 'switch', class: 'switch', 'aria-checked': String(on), 'data-fault': `${part} ${sorted(fault)}` },
    el('span', { class: 'knob' }), el('span', { class: 'name' }, name, el('code', {}, describe(fault))),
    el('span', { class: 'hits' }, on ? `${count} ${count === 1 ? 'hit' : 'hits'}` : ''));
  const one = toggles.get(key) ?? { node: made };
  if (one.node === made) {
    made.addEventListener('click', () => flip(part, one.fault, one.on));
    toggles.set(key, one);
  } else {
    become(one.node, made);
  }
  Object.assign(one, { fault, on });
  return one.node;
}

// describe writes a fault as it stands in YAML.
const describe = (fault) => Object.entries(fault).map(([key, value]) => `${key}: ${value && typeof value === 'object' ? `{${describe(value)}}` : value}`).join(', ');

// flip takes a fault away that is on, and else adds it to those in force, for whom and as often as is chosen.
function flip(part, fault, on) {
  const chosen = { ...(project.value ? { project: project.value } : {}), ...(times.value !== '0' ? { times: Number(times.value) } : {}) };
  have(() => {
    let list = now[part] ?? [];
    if (on) list = list.filter((f) => sorted(f) !== sorted(fault));
    else if (!list.some((f) => written(f) === written(fault))) list = [...list, { ...fault, ...chosen }];
    const wanted = Object.entries({ ...others, ...now, [part]: list }).filter(([, value]) => !Array.isArray(value) || value.length);
    return wanted.length ? tell('PUT', 'v1/faults?keep=true', JSON.stringify(Object.fromEntries(wanted))) : tell('DELETE', 'v1/faults');
  });
}

let queue = Promise.resolve();

// have makes one change after the other: each begins with what the one before has left.
function have(change) {
  changes++;
  queue = queue.then(async () => {
    try {
      const got = await change();
      changes++;
      take(got);
    } catch (error) {
      failed(error);
    }
  });
}

document.querySelector('#no-faults').addEventListener('click', () => have(() => tell('DELETE', 'v1/faults')));
section.querySelector('.copy').addEventListener('click', () => {
  const force = { ...others, ...now };
  copy(Object.keys(force).length ? control('PUT', 'v1/faults', JSON.stringify(force)) : control('DELETE', 'v1/faults'));
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const text = form.elements.faults.value.trim();
  have(() => (text ? tell('PUT', 'v1/faults', text) : tell('DELETE', 'v1/faults')));
});
