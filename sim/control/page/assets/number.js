// One number: who holds it, until when, and what has happened on it.
import { ask } from './api.js';
import { left, now, set } from './clock.js';
import { Detail } from './detail.js';
import { block, el, facts, json } from './dom.js';
import { events } from './journal.js';
import { back, conversationLink, pill, stamp } from './links.js';
import { holder } from './pool.js';

const shown = 50; // events

export const number = new Detail(document.querySelector('#number'), {
  async read(project, name) {
    const [pool, journal] = await Promise.all([
      ask(`v1/pools/${encodeURIComponent(project)}`, { number: name }),
      ask('v1/journal', { project, number: name, newest: true, limit: shown }),
    ]);
    set(pool.now);
    return { number: pool.numbers[0], journal: journal.events };
  },

  draw(section, { number: n, journal }, project, name) {
    section.replaceChildren(
      back('pool', 'Pool'),
      el('h2', {}, el('span', { class: 'mono' }, name), ' ', n ? pill(n.state.replace('-', ' '), n.state) : pill('not in the pool', 'bad')),
      n ? el('p', { class: 'verdict', 'data-kind': n.state === 'free' ? 'good' : 'held' }, ...held(n)) : '',
      n ? facts([
        ['Project', project], ['Lease', n.lease ? `${n.lease}${n.state === 'free' ? ', the last' : ''}` : ''], ['Since', stamp(n.since)],
        ['Until', n.until ? stamp(n.until) : ''], ['Conversation', n.conversation ? conversationLink(n.conversation) : ''],
        ['Draining', n.draining ? 'it is no longer in the pool, and leaves when it is free' : ''],
      ]) : '',
      n?.attributes ? block('Attributes, as reserved', json(n.attributes)) : '',
      block(`What happened on it, newest first${journal.length === shown ? ` (${shown} events)` : ''}`, events(journal)));
  },
});

// held says who holds a number, and until when.
function held(n) {
  const until = n.until
    ? [' until ', stamp(n.until), ', ', el('b', { 'data-until': n.until }, left(Date.parse(n.until) - now())), ' from now']
    : [];
  const who = holder(n);
  const whose = who.startsWith('lease ') || who === '' ? `lease ${n.lease}` : `lease ${n.lease} (${who})`;
  switch (n.state) {
    case 'pending': return [`Held by ${whose}`, ...until, ', unless its call comes first.'];
    case 'in-call': return [`Held by ${whose}, whose call is up: `, n.conversation ? conversationLink(n.conversation, 'this one') : 'no longer kept', ...(until.length ? [', ', ...until] : []), '.'];
    case 'cooling': return [`Nobody holds it: it rests after ${whose}`, ...until, '.'];
    default: return [n.lease ? `Nobody holds it. Lease ${n.lease} was the last.` : 'Nobody holds it, and nobody has.'];
  }
}
