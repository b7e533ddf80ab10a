// Reserve and call by hand.
import { ask, tell } from './api.js';
import { control, curl } from './curl.js';
import { copy, el, failed } from './dom.js';
import { conversationLink, numberLink, statusPill } from './links.js';

const reserve = document.querySelector('#reserve');
const call = document.querySelector('#call');

// begin has the two forms work; chosen() is the project that numbers are reserved of.
export function begin(chosen) {
  on(reserve, async (say) => {
    const attributes = attributesOf();
    const got = await tell('POST', 'v1/reservations', { project: chosen(), attributes });
    if (got.dni) {
      call.elements.to.value = got.dni;
      say(numberLink(chosen(), got.dni), ' is reserved.');
    } else {
      say(statusPill(got.status), ' ', got.body === undefined ? 'no number' : JSON.stringify(got.body));
    }
  });
  on(call, async (say) => {
    say('calling…');
    let placed = await tell('POST', 'v1/calls', dial());
    const outcome = (more) => say(statusPill(placed.status), ` ${placed.reason ?? ''} `, more);
    if (placed.answered) {
      const link = await conversationOf(placed.id);
      outcome(link);
      placed = await ask(`v1/calls/${encodeURIComponent(placed.id)}`, { wait: '60s' });
      if (placed.ended_by) say(link, ` was ended by the ${placed.ended_by}.`);
    } else {
      outcome(el('a', { href: `#/messages/${encodeURIComponent(placed.id)}` }, 'its messages'));
    }
  });
  reserve.querySelector('.copy').addEventListener('click', () => quietly(async () => copy(await reserveAsCurl(chosen()))));
  call.querySelector('.copy').addEventListener('click', () => quietly(async () => copy(control('POST', 'v1/calls', dial()))));
}

// on has a form do something; what it says of an earlier time is not shown any more.
function on(form, act) {
  let turn = 0;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const mine = ++turn;
    const say = (...parts) => { if (mine === turn) form.querySelector('output').replaceChildren(...parts); };
    act(say).catch((error) => { say(el('span', { class: 'bad' }, error.message)); });
  });
}

async function quietly(act) {
  try {
    await act();
  } catch (error) {
    failed(error);
  }
}

function attributesOf() {
  const text = reserve.elements.attributes.value.trim();
  try {
    return JSON.parse(text || '{}');
  } catch (error) {
    throw new Error(`attributes: want a JSON object: ${error.message}`);
  }
}

function dial() {
  const from = call.elements.from.value.trim();
  return { to: call.elements.to.value.trim(), ...(from ? { from } : { withheld: true }) };
}

async function conversationOf(callID) {
  const { events } = await ask('v1/journal', { call_id: callID, kind: 'invite', limit: 1 });
  return events[0]?.call ? conversationLink(events[0].call, 'this conversation') : 'the conversation';
}

async function reserveAsCurl(name) {
  const [{ addresses }, { projects }] = await Promise.all([ask('v1/simulator'), ask('v1/projects', { secrets: 'true' })]);
  const owner = projects.find((p) => p.name === name) ?? projects[0];
  return curl({
    method: 'POST', url: `${addresses.http}/v1/conversations/dni-reservation`,
    headers: { 'x-api-key': owner.dni_key, 'content-type': 'application/json' }, body: JSON.stringify({ attributes: attributesOf() }),
  });
}
