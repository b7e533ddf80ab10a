// The control API: the page does nothing that it does not ask for here.

// token is the one of the link that the simulator prints; '' where none is needed.
export const token = new URLSearchParams(location.search).get('token') ?? '';

// Refused is an answer that says no.
class Refused extends Error {
  constructor(status, message, near) {
    super(near ? `${message} (did you mean ${near}?)` : message);
    this.status = status;
  }
}

// headers show the token.
export function headers(more = {}) {
  return token ? { Authorization: `Bearer ${token}`, ...more } : more;
}

// request sends a request, and returns the answer as text. A body that is a text is YAML, any other is sent as JSON.
async function request(method, path, body) {
  const init = { method, headers: headers() };
  if (typeof body === 'string') {
    init.headers['Content-Type'] = 'application/yaml';
    init.body = body;
  } else if (body !== undefined) {
    init.headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  let answer;
  let text;
  try {
    answer = await fetch(path, init);
    text = await answer.text();
  } catch (error) {
    throw new Refused(0, 'The simulator does not answer.');
  }
  if (answer.ok) return text;
  throw refusal(answer.status, text);
}

function refusal(status, text) {
  try {
    const said = JSON.parse(text);
    return new Refused(status, said.error, said.did_you_mean);
  } catch {
    return new Refused(status, `The simulator answered ${status}.`);
  }
}

// ask reads an answer that is JSON.
export async function ask(path, params) {
  return JSON.parse(await request('GET', query(path, params)));
}

// tell changes something, and reads the answer.
export async function tell(method, path, body) {
  return JSON.parse(await request(method, path, body));
}

// query appends the parameters that are not empty.
function query(path, params = {}) {
  const given = Object.entries(params).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString();
  return text ? `${path}?${text}` : path;
}
