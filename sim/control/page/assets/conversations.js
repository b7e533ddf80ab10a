// The calls, newest first, as they happen.
import { ask } from './api.js';
import { el } from './dom.js';
import { List } from './list.js';
import { pill, stamp, to } from './links.js';

const section = document.querySelector('#conversations');
const filter = section.querySelector('.filter');

export const conversations = new List(section.querySelector('.list'), {
  async load(skip, limit) {
    const { text, state, bound } = filter.elements;
    const got = await ask('v1/conversations', { text: text.value.trim(), state: state.value, bound: bound.value, skip, limit });
    section.querySelector('.total').textContent = `${got.total}${got.dropped ? `, and ${got.dropped} older that made room` : ''}`;
    return { items: got.conversations, total: got.total };
  },
  draw: row,
  key: (item) => item.id,
  told: (total) => { section.querySelector('.none').hidden = total > 0; },
});

filter.addEventListener('input', () => conversations.restart());
filter.addEventListener('submit', (event) => event.preventDefault());

function row(c) {
  return el('a', { class: 'conversation-row', href: to('conversation', c.id), 'data-conversation': c.id, 'data-state': c.state },
    stamp(c.arrived_at),
    el('span', { class: 'mono' }, c.caller || 'withheld', ' → ', c.number),
    el('span', { class: 'attributes' }, c.bound ? pill(c.shared_id || 'found', 'good') : pill(`none: ${c.unbound}`, 'warn')),
    el('span', {}, standing(c)),
    el('span', {}, c.handoff_to ?? ''));
}

// standing is the state of a call, and what ended it.
export function standing(c) {
  return pill(c.state === 'over' && c.cause ? `over: ${c.cause}` : c.state, c.state);
}
