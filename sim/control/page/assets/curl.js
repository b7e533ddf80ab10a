// Commands to paste into a shell.
import { token } from './api.js';

// quote makes one word of a shell's of any text. What a terminal would act on is written as an escape.
export function quote(text) {
  if (/^[\w./:=@%+,-]+$/.test(text)) return text;
  if (!/[\u0000-\u001f\u007f-\u009f]/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(/[\\']/g, '\\$&').replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => {
    const named = { '\n': '\\n', '\t': '\\t', '\r': '\\r' }[c];
    return named ?? [...new TextEncoder().encode(c)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  });
  return `$'${escaped}'`;
}

// curl is the command that sends a request. A body goes out as it is, also one that begins with @.
export function curl({ method = 'GET', url, headers = {}, body }) {
  const words = ['curl', '-s'];
  if (/[[\]{}]/.test(url)) words.push('-g');
  if (method !== (body === undefined ? 'GET' : 'POST')) words.push('-X', quote(method));
  for (const [name, value] of Object.entries(headers)) words.push('-H', quote(`${name}: ${value}`));
  if (body !== undefined) words.push('--data-raw', quote(body));
  words.push(quote(url));
  return words.join(' ');
}

// control is the command that sends a request to the control API.
export function control(method, path, body) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body !== undefined) headers['Content-Type'] = typeof body === 'string' ? 'application/yaml' : 'application/json';
  return curl({
    method, url: new URL(path, location.href).href, headers,
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
}
