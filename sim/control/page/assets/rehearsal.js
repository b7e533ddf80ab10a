// The rehearsal of a client: the lesson that is being played, what the client has done and was to do, and the verdicts.
import { ask } from './api.js';
import { arrange, el } from './dom.js';
import { pill, stamp } from './links.js';
import { hurry } from './stream.js';

const section = document.querySelector('#rehearsal');
const link = document.querySelector('nav [data-view="rehearsal"]');
const wait = '25s'; // for one answer
const again = 1000; // milliseconds before a rehearsal that does not answer is asked anew

const pause = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

const kinds = { met: 'good', broken: 'bad', open: 'dim', passed: 'good', failed: 'bad', inconclusive: 'warn', unsupported: 'dim', error: 'warn' };

export const rehearsal = { refresh() {} }; // which follows by itself

// isRehearsed reports whether the simulator is one of a rehearsal.
export const isRehearsed = () => !link.hidden;

// rehearse follows the rehearsal, where there is one, and calls begun when it is known to be there.
export async function rehearse(begun) {
  for (let after = 0; ;) {
    try {
      const now = await ask('v1/rehearsal', after ? { after, wait } : {});
      after = now.change;
      draw(now);
      if (now.playing) hurry(); // the simulator of a lesson may be gone within a second
      if (link.hidden) {
        link.hidden = false;
        begun();
      }
    } catch (error) {
      if (error.status === 404) return; // it is a simulator alone
      after = 0;
      await pause(again);
    }
  }
}

function draw(now) {
  section.querySelector('.total').textContent = count(now.verdicts);
  section.querySelector('.none').hidden = Boolean(now.playing) || now.verdicts.length > 0;
  section.querySelector('.peers').textContent = `${now.base_url} and ${now.sip_peer}`;
  const playing = section.querySelector('.playing');
  playing.hidden = !now.playing;
  if (now.playing) playing.replaceChildren(...lesson(now.playing));
  const list = section.querySelector('.verdicts');
  const drawn = list.children.length;
  arrange(list, now.verdicts.map((v, i) => list.children[drawn - 1 - i] ?? verdict(v)).reverse());
}

function count(verdicts) {
  const of = (status) => verdicts.filter((v) => v.status === status).length;
  return verdicts.length ? `${verdicts.length} played, ${of('passed')} passed, ${of('failed')} failed` : '';
}

function lesson(p) {
  return [
    el('h2', {}, p.lesson, ' ', pill(p.level, 'dim')),
    el('p', {}, p.summary),
    el('p', { class: 'small' }, 'since ', stamp(p.since), `, in ${p.budget} at most; ${arriving(p)}`),
    el('p', { class: 'did' }, 'The client ', p.did, '.'),
    expected(p.expectations),
  ];
}

// arriving says how callers come; what comes by itself is anybody's number.
function arriving(p) {
  if (p.arrival === 'self') return 'you start the caller in your client';
  const numbers = p.callers.slice(0, 4).join(', ');
  return `each caller ${p.arrival}${numbers && `: ${numbers}`}${p.callers.length > 4 ? ', …' : ''}`;
}

function expected(all) {
  return el('ul', { class: 'expectations' }, all.map((e) => el('li', { 'data-state': e.state }, pill(e.state, kinds[e.state]), ' ', el('span', { class: 'mono' }, e.expect))));
}

function verdict(v) {
  return el('details', { class: 'lesson', 'data-lesson': v.lesson, 'data-status': v.status, open: v.status === 'failed' || v.status === 'error' },
    el('summary', {}, pill(v.status, kinds[v.status] ?? 'dim'), ' ', el('b', {}, v.lesson), ' ', el('span', { class: 'small' }, `${v.level}, ${v.took}`)),
    el('p', {}, v.summary),
    expected(v.expectations),
    v.want ? el('p', {}, el('b', {}, 'Wanted '), v.want, '.') : null,
    v.got ? el('p', {}, el('b', {}, 'The client '), v.got, '.') : null,
    v.because ? el('p', { class: 'small' }, v.because) : null,
    v.reason ? el('p', {}, v.reason, '.') : null);
}
