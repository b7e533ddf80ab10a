// Links from one part of the page to another, and the small things that are written the same way everywhere.
import { el } from './dom.js';
import { clockTime } from './clock.js';

// to is the address of a view, or of one thing in it.
export function to(view, ...names) {
  return `#/${[view, ...names.map(encodeURIComponent)].join('/')}`;
}

// back is the link from a detail to its list.
export const back = (view, name) => el('a', { class: 'back', href: to(view) }, `← ${name}`);

// stamp shows an instant as the time of day; the whole of it is in its title.
export function stamp(instant) {
  return el('time', { datetime: instant, title: instant }, clockTime(instant));
}

// numberLink leads to a number of a pool, conversationLink to a call.
export const numberLink = (project, number) => (project ? el('a', { href: to('number', project, number), class: 'mono' }, number) : el('span', { class: 'mono' }, number));
export const conversationLink = (id, text) => el('a', { href: to('conversation', id), class: 'mono' }, text ?? id);

// pill is a word of a few, in the colour that goes with it.
export const pill = (word, kind) => el('span', { class: 'pill', 'data-kind': kind ?? word }, word);

// statusPill shows a status of HTTP or SIP.
export const statusPill = (status) => pill(String(status), status >= 500 ? 'bad' : status >= 400 ? 'warn' : status >= 200 && status < 300 ? 'good' : 'dim');
