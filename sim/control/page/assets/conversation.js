// One call: why it has attributes or not, what the agent saw and left, and its ladder.
import { ask, tell } from './api.js';
import { lasted } from './clock.js';
import { standing } from './conversations.js';
import { control } from './curl.js';
import { Detail } from './detail.js';
import { arrange, block, copies, el, facts, failed, json } from './dom.js';
import { Ladder } from './ladder.js';
import { back, numberLink, stamp, to } from './links.js';

// whys are the causes of a call without attributes, in words.
const whys = {
  'not reserved': 'the number was not reserved when the call arrived.',
  cooling: 'the number was resting between two reservations when the call arrived.',
  consumed: 'the reservation had had its call already.',
  ani: 'the reservation expects another caller.',
  'unknown number': 'the pool has no such number.',
};

let ladder;
let shown; // the call that ladder is of

export const conversation = new Detail(document.querySelector('#conversation'), {
  async read(id) {
    const [c, journal] = await Promise.all([
      ask(`v1/conversations/${encodeURIComponent(id)}`),
      ask('v1/journal', { call: id, kind: 'unbound,fault-hit' }),
    ]);
    const more = await ask('v1/journal', { call_id: c.call_id, kind: 'fault-hit' }); // from before it was a conversation
    const faults = [...journal.events, ...more.events].filter((e, i, all) => e.kind === 'fault-hit' && all.findIndex((o) => o.seq === e.seq) === i);
    return { c, faults, unbound: journal.events.find((e) => e.kind === 'unbound') };
  },

  draw(section, { c, faults, unbound }) {
    if (shown !== c.id || !section.contains(ladder.node)) {
      ladder = new Ladder();
      shown = c.id;
    }
    ladder.draw({ messages: c.messages, exchanges: c.exchanges, turns: c.turns, faults, cut: c.messages_cut });
    arrange(section, [top(c, unbound), blocks(c), section.querySelector('.ladder-block') ?? el('section', { class: 'block ladder-block' }, el('h3', {}, 'Ladder'))]);
    section.querySelector('.ladder-block').append(ladder.node);
  },
});

function top(c, unbound) {
  return el('div', { class: 'stack' },
    back('conversations', 'Conversations'),
    el('h2', {}, el('span', { class: 'mono' }, c.caller || 'withheld', ' → ', c.number), ' ', standing(c)),
    el('p', { class: 'verdict', 'data-kind': c.bound && !lost(c) ? 'good' : 'warn' }, ...why(c, unbound)),
    facts([
      ['Number', numberLink(c.project, c.number)], ['Project', c.project], ['shared_id', c.shared_id], ['Lease', c.lease],
      ['Arrived', stamp(c.arrived_at)],
      ['Answered', c.answered_at ? `after ${lasted(Date.parse(c.answered_at) - Date.parse(c.arrived_at))}` : 'not'],
      ['Ended', c.ended_at ? `after ${lasted(Date.parse(c.ended_at) - Date.parse(c.arrived_at))}, by ${c.cause}` : 'not yet'],
      ['Handoff to', c.handoff_to], ['Conversation', el('span', { class: 'mono' }, c.id)], ['Call-ID', el('span', { class: 'mono' }, c.call_id)],
    ]),
    el('div', { class: 'bar' },
      c.state === 'over' ? null : el('button', { type: 'button', click: () => end(c.id) }, 'End the call'),
      el('a', { class: 'button', href: to('journal', c.id) }, 'In the journal'),
      copies('Copy as curl', () => control('GET', `v1/conversations/${encodeURIComponent(c.id)}`))));
}

// lost is what start_function failed with, in whose hands the attributes are lost.
function lost(c) {
  return c.turns.find((t) => t.kind === 'start-failed')?.error;
}

// why says whether the agent got attributes, and if not, why.
function why(c, unbound) {
  if (c.bound) {
    if (c.given !== null && lost(c)) return [`The agent was given the attributes of lease ${c.lease}, but failed: `, el('b', {}, lost(c))];
    return c.given === null ? ['The call has a reservation, but the agent was given no attributes.'] : [`The agent was given the attributes of lease ${c.lease}.`];
  }
  const [, before] = /^[^:]*: (.*)$/.exec(unbound?.cause ?? '') ?? [];
  return [el('b', {}, 'No attributes: '), whys[c.unbound] ?? c.unbound, before ? ` ${before[0].toUpperCase()}${before.slice(1)}.` : ''];
}

function blocks(c) {
  const none = (text) => el('p', { class: 'dim' }, text);
  return el('div', { class: 'blocks' },
    block('Attributes, as reserved', c.attributes ? json(c.attributes) : none('none')),
    block('What the agent saw', c.given === null ? none('None: start_function was given nothing') : json(c.given)),
    block('State', Object.keys(c.conv_state).length ? json(c.conv_state) : none('empty')),
    block('Handoff', c.handoff ? el('p', { class: 'small' }, 'left at ', stamp(c.handoff.at)) : none(c.state === 'over' ? 'nothing was left' : 'nothing yet'), c.handoff ? json(c.handoff.data) : null),
    c.headers ? block('X- headers of the INVITE', json(c.headers)) : null);
}

async function end(id) {
  try {
    await tell('DELETE', `v1/conversations/${encodeURIComponent(id)}`);
  } catch (error) {
    failed(error);
  }
}
