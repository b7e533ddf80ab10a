// The pool: every number with its state, its holder, and how long that lasts.
import { ask } from './api.js';
import { left, now, set } from './clock.js';
import { el } from './dom.js';
import { List } from './list.js';
import { to } from './links.js';

const states = [['', 'all'], ['free', 'free'], ['pending', 'pending'], ['in-call', 'in call'], ['cooling', 'cooling']];

const chips = document.querySelector('#states');
const choice = document.querySelector('#project');

// Pool is the one of the project that is chosen.
export class Pool {
  #state = '';
  #list;

  constructor() {
    this.#list = new List(document.querySelector('#numbers'), {
      load: (skip, limit) => this.#load(skip, limit),
      draw: cell,
      key: (item) => item.number,
      told: (total) => { document.querySelector('#numbers-none').hidden = total > 0; },
    });
    for (const [state, name] of states) {
      chips.append(el('button', { type: 'button', 'data-state': state, 'aria-pressed': String(state === ''), click: () => this.#choose(state) }, name, ' ', el('b')));
    }
    choice.addEventListener('change', () => this.#list.restart());
  }

  // know has the projects be chosen from.
  know(projects) {
    const chosen = choice.value;
    choice.replaceChildren(...projects.map((p) => el('option', { value: p.name }, p.name)));
    if (projects.some((p) => p.name === chosen)) choice.value = chosen;
    choice.hidden = projects.length < 2;
    this.#list.restart();
  }

  get project() { return choice.value; }

  refresh() { if (choice.value) this.#list.refresh(); }

  #choose(state) {
    this.#state = state;
    for (const chip of chips.children) chip.setAttribute('aria-pressed', String(chip.dataset.state === state));
    this.#list.restart();
  }

  async #load(skip, limit) {
    const project = choice.value;
    if (!project) throw new Error('no project is known yet');
    const got = await ask(`v1/pools/${encodeURIComponent(project)}`, { state: this.#state, skip, limit });
    set(got.now);
    const counts = { '': got.size + got.draining, free: got.free, pending: got.pending, 'in-call': got.in_call, cooling: got.cooling };
    for (const chip of chips.children) chip.querySelector('b').textContent = counts[chip.dataset.state];
    document.querySelector('#totals').textContent =
      `${got.reserved} reserved, ${got.bound} bound, ${got.expired} expired, ${got.unbound} unbound, ${got.refused} refused`;
    return { items: got.numbers.map((n) => ({ project, ...n })), total: got.total };
  }
}

function cell(n) {
  return el('a', { class: 'cell', href: to('number', n.project, n.number), 'data-number': n.number, 'data-state': n.state },
    el('span', { class: 'mono' }, n.number),
    el('span', { class: 'state' }, n.state.replace('-', ' '), n.draining ? ', draining' : '', ' ',
      n.until ? el('b', { 'data-until': n.until }, left(Date.parse(n.until) - now())) : null),
    el('span', { class: 'holder' }, holder(n)));
}

// holder names who has a number: by the shared_id that was reserved with it, else by the lease.
export function holder(n) {
  if (n.state === 'free') return '';
  const name = n.attributes?.shared_id;
  if (typeof name === 'string' && name !== '') return name;
  return n.lease ? `lease ${n.lease}` : '';
}
