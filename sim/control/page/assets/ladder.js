// What went over the wire, and what the agent did between, in the order of time. Three lines stand for the client over
// HTTP, the platform, and the caller over SIP; each message opens to all of its text.
import { ask } from './api.js';
import { arrange, copies, el, json } from './dom.js';
import { exchangeParts } from './exchanges.js';
import { lasted } from './clock.js';
import { stamp } from './links.js';

// Ladder keeps what is open while new steps come.
export class Ladder {
  node = el('div', { class: 'ladder' });
  #steps = new Map();

  // draw shows messages, exchanges, turns and faults. http: whether there is a line for a client.
  draw({ messages, exchanges = [], turns = [], faults = [], cut = 0 }, http = true) {
    const steps = [
      ...exchanges.map((x) => ({ at: x.at, key: `http ${x.id}`, make: () => exchangeStep(x) })),
      ...messages.map((m, i) => ({ at: m.at, key: `sip ${i}`, make: () => messageStep(m, again(messages, i)) })),
      ...turns.map((t, i) => ({ at: t.at, key: `agent ${i}`, make: () => turnStep(t) })),
      ...faults.map((e) => ({ at: e.at, key: `fault ${e.seq}`, make: () => faultStep(e) })),
    ];
    steps.sort((a, b) => after(a.at, b.at)); // those of one instant stay as they are
    const began = steps.length ? steps[0].at : '';
    const nodes = steps.map((step, i) => {
      if (!this.#steps.has(step.key)) this.#steps.set(step.key, withTime(step.make(), step.at, i > 0 ? began : ''));
      return this.#steps.get(step.key);
    });
    this.node.classList.toggle('sip-only', !http);
    this.head ??= el('div', { class: 'lanes', 'aria-hidden': 'true' }, el('span'), http ? el('span', {}, 'Client') : null, el('span', {}, 'Platform'), el('span', {}, 'Caller'));
    this.tail ??= el('p', { class: 'small' });
    this.tail.textContent = cut ? `${cut} more messages were too many to be kept.` : '';
    arrange(this.node, [this.head, ...nodes, this.tail]);
  }
}

// after is how many milliseconds one instant is after another, to the nanosecond that the simulator writes.
function after(at, began) {
  const fraction = (instant) => Number(`0.${/\.(\d+)/.exec(instant)?.[1] ?? 0}`) * 1000;
  const second = (instant) => Math.floor(Date.parse(instant) / 1000) * 1000;
  return second(at) - second(began) + fraction(at) - fraction(began);
}

// again reports whether the same bytes went the same way before.
function again(messages, i) {
  const m = messages[i];
  return messages.slice(0, i).some((other) => other.sent === m.sent && other.peer === m.peer && other.raw === m.raw);
}

// withTime says when a step was: the first by the clock, the others how long after it.
function withTime(step, at, began) {
  step.querySelector('.when').append(began ? el('time', { datetime: at, title: at }, `+${lasted(after(at, began))}`) : stamp(at));
  return step;
}

// arrow is a line of the ladder: between client and platform (http) or platform and caller (sip), to the left or right.
function arrow(edge, direction, label, ...more) {
  return el('summary', {}, el('span', { class: 'when' }),
    el('span', { class: `lane http ${edge === 'http' ? `arrow ${direction}` : ''}` }, edge === 'http' ? label : null, ...(edge === 'http' ? more : [])),
    el('span', { class: `lane sip ${edge === 'sip' ? `arrow ${direction}` : ''}` }, edge === 'sip' ? label : null, ...(edge === 'sip' ? more : [])));
}

function messageStep(m, repeated) {
  const answer = m.start_line.startsWith('SIP/2.0 ');
  const label = answer ? m.start_line.slice(8) : m.start_line.split(' ')[0];
  const about = answer ? (m.cseq ?? '').split(' ').pop() : '';
  return el('details', { class: 'step', 'data-sip': label, 'data-sent': String(m.sent) },
    arrow('sip', m.sent ? 'right' : 'left', el('b', {}, label), el('span', { class: 'dim' }, about && ` ${about}`, repeated && ' again')),
    el('div', { class: 'open' },
      el('p', { class: 'small' }, m.sent ? `Sent to ${m.peer}` : `Received from ${m.peer}`, ' at ', m.at, ' ', copies('Copy', () => m.raw)),
      el('pre', {}, m.raw)));
}

function exchangeStep(x) {
  const inside = el('div', { class: 'open' });
  const path = (x.path ?? '').split('?')[0].split('/').pop();
  const step = el('details', { class: 'step', 'data-http': x.endpoint ?? '', toggle: async () => {
    if (!step.open || inside.hasChildNodes()) return;
    try {
      inside.replaceChildren(...exchangeParts(await ask(`v1/exchanges/${x.id}`)));
    } catch (error) {
      inside.replaceChildren(el('p', {}, error.message));
    }
  } }, arrow('http', 'both', el('b', {}, `${x.method} ${path}`), el('span', { class: 'tip' }), el('span', { class: x.status >= 400 ? 'bad' : 'dim' }, ` ${x.status}`)), inside);
  return step;
}

// note is a step that is the platform's own.
function note(kind, text, inside) {
  return el('details', { class: 'step', 'data-note': kind },
    el('summary', {}, el('span', { class: 'when' }), el('span', { class: 'lane note' }, el('span', { class: 'bubble' }, text))),
    el('div', { class: 'open' }, inside));
}

const functions = { start: 'start_function', 'start-failed': 'start_function failed', turn: 'turn', 'turn-failed': 'turn failed', silence: 'silence', stuck: 'agent is stuck', over: 'agent is done' };

function turnStep(t) {
  const says = t.error || t.say || (t.cause ? `ends the call: ${t.cause}` : '');
  const called = (t.notes ?? []).filter((n) => n.kind === 'call').map((n) => n.text).join(', ');
  return note('agent', [functions[t.kind] ?? t.kind, called, says].filter(Boolean).join(' · '), json(t));
}

function faultStep(e) {
  return note('fault', `fault · ${e.detail}: ${e.cause}`, json(e));
}
