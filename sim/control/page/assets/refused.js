// What was refused, why, and what was probably meant.
import { ask } from './api.js';
import { control } from './curl.js';
import { Detail } from './detail.js';
import { copies, el } from './dom.js';
import { Ladder } from './ladder.js';
import { List } from './list.js';
import { back, stamp, statusPill, to } from './links.js';

const section = document.querySelector('#refused');

export const refused = new List(section.querySelector('.list'), {
  async load(skip, limit) {
    const got = await ask('v1/refused', { skip, limit });
    section.querySelector('.total').textContent = String(got.total);
    return { items: got.refused, total: got.total };
  },
  draw: row,
  key: (r) => (r.exchange ? `http ${r.exchange}` : `sip ${r.call_id} ${r.at}`),
  told: (total) => { section.querySelector('.none').hidden = total > 0; },
});

function row(r) {
  return el('a', { class: 'refused-row', href: r.exchange ? to('exchange', r.exchange) : to('messages', r.call_id ?? ''), 'data-refused': r.edge },
    stamp(r.at), statusPill(r.status),
    el('span', { class: 'what' }, el('span', { class: 'mono' }, r.what), el('span', { class: 'reason' }, 'because ', r.reason),
      r.nearest ? el('span', { class: 'nearest' }, 'nearest: ', r.nearest) : null));
}

let ladder;
let shown;

// messages is the ladder of a Call-ID, whether a conversation came of it or not.
export const messages = new Detail(document.querySelector('#messages'), {
  async read(callID) {
    const [got, journal] = await Promise.all([ask('v1/messages', { call_id: callID }), ask('v1/journal', { call_id: callID, kind: 'call-rejected,request-rejected,fault-hit' })]);
    return { ...got, events: journal.events };
  },
  draw(part, { messages: sip, messages_cut: cut, events }, callID) {
    if (shown !== callID || !part.contains(ladder.node)) {
      ladder = new Ladder();
      shown = callID;
    }
    ladder.draw({ messages: sip, cut, faults: events.filter((e) => e.kind === 'fault-hit') }, false);
    const reasons = events.filter((e) => e.kind !== 'fault-hit').map((e) => `${e.detail}: ${e.cause}`);
    part.replaceChildren(back('refused', 'Refused'), el('h2', {}, 'SIP messages'),
      reasons.length ? el('p', { class: 'verdict', 'data-kind': 'warn' }, 'Refused with ', [...new Set(reasons)].join('; ')) : '',
      el('p', { class: 'small' }, 'Call-ID ', el('span', { class: 'mono' }, callID)),
      el('div', { class: 'bar' }, copies('Copy as curl', () => control('GET', `v1/messages?call_id=${encodeURIComponent(callID)}`))),
      ladder.node);
  },
});
