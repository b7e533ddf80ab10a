// HTTP requests with their answers, newest first.
import { ask } from './api.js';
import { curl } from './curl.js';
import { Detail } from './detail.js';
import { block, copies, el, facts, json } from './dom.js';
import { List } from './list.js';
import { back, stamp, statusPill, to } from './links.js';

const section = document.querySelector('#http');
const filter = section.querySelector('.filter');

export const exchanges = new List(section.querySelector('.list'), {
  async load(skip, limit) {
    const { endpoint, status } = filter.elements;
    const got = await ask('v1/exchanges', { endpoint: endpoint.value, status: status.value, skip, limit });
    section.querySelector('.total').textContent = `${got.total}${got.dropped ? `, and ${got.dropped} older that made room` : ''}`;
    return { items: got.exchanges, total: got.total };
  },
  draw: row,
  key: (item) => item.id,
  told: (total) => { section.querySelector('.none').hidden = total > 0; },
});

filter.addEventListener('input', () => exchanges.restart());
filter.addEventListener('submit', (event) => event.preventDefault());

function row(x) {
  return el('a', { class: 'exchange-row', href: to('exchange', x.id), 'data-exchange': x.id },
    stamp(x.at), statusPill(x.status),
    el('span', { class: 'mono what' }, x.method ? `${x.method} ${x.path}` : 'what was no request', x.message ? el('span', { class: 'dim' }, ` · ${x.message}`) : null),
    el('span', {}, x.took), el('span', {}, x.project ?? ''));
}

export const exchange = new Detail(document.querySelector('#exchange'), {
  read: (id) => ask(`v1/exchanges/${encodeURIComponent(id)}`),
  draw: (part, x) => part.replaceChildren(back('http', 'HTTP'), ...exchangeParts(x)),
});

// exchangeParts show an exchange in full.
export function exchangeParts(x) {
  return [
    el('h2', {}, statusPill(x.status), ' ', el('span', { class: 'mono' }, x.method ? `${x.method} ${x.path}` : 'what was no request')),
    x.message ? el('p', { class: 'verdict', 'data-kind': 'warn' }, 'Refused: ', x.message) : '',
    facts([['Answered', stamp(x.at)], ['Took', x.took], ['From', x.from], ['Key of', x.project || 'no project'], ['Correlation', x.correlation_id]]),
    x.method ? el('div', { class: 'bar' }, copies('Copy as curl', () => asCurl(x))) : '',
    el('div', { class: 'blocks' },
      block('Request', headers(x.headers), x.request_body ? json(x.request_body) : el('p', { class: 'dim' }, 'without a body')),
      block(`Answer ${x.status}`, x.response_body ? json(x.response_body) : el('p', { class: 'dim' }, 'without a body'))),
  ];
}

function headers(named) {
  const lines = Object.entries(named ?? {}).map(([name, value]) => `${name}: ${value}`);
  return lines.length ? el('pre', {}, lines.join('\n')) : el('p', { class: 'dim' }, 'without headers');
}

// ownHeaders are those that curl writes by itself.
const ownHeaders = ['Content-Length', 'User-Agent', 'Accept-Encoding', 'Connection', 'Host', 'Accept'];

// asCurl is the command that sends the request again, with the key of its project.
async function asCurl(x) {
  const [simulator, { projects }] = await Promise.all([ask('v1/simulator'), ask('v1/projects', { secrets: 'true' })]);
  const named = Object.fromEntries(Object.entries(x.headers ?? {}).filter(([name]) => !ownHeaders.includes(name)));
  const owner = projects.find((p) => p.name === x.project);
  if (owner && 'X-Api-Key' in named) named['X-Api-Key'] = x.endpoint === 'handoff' ? owner.handoff_key : owner.dni_key;
  return curl({ method: x.method, url: simulator.addresses.http + x.path, headers: named, body: x.request_body });
}
