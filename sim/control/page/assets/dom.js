// Elements, made of text alone: what a stranger wrote is never read as markup.

// el makes an element. Attributes that are functions listen to the event of that name, those that are null or false are
// left out; children are elements or texts.
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(key, value);
    else if (value === true) node.setAttribute(key, '');
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// arrange makes nodes the children of a parent, in their order. One that is there already is not touched, so that it keeps
// the focus and what is open in it.
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) {
    if (!wanted.has(child)) child.remove();
  }
  nodes.forEach((node, i) => {
    if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i] ?? null);
  });
}

// become has a node look like another that was just made, and stay the element that it is: whoever is about to click at it, or
// has the focus there, loses nothing.
export function become(node, made) {
  for (const { name, value } of made.attributes) node.setAttribute(name, value);
  node.replaceChildren(...made.childNodes);
}

// json shows a value as indented JSON; a text that is JSON is indented too, and any other stands as it is.
export function json(value) {
  return el('pre', {}, pretty(value));
}

function pretty(value) {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

// facts is a list of names and values; those without a value are left out.
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== '' && value !== null && value !== undefined);
  return el('dl', { class: 'facts' }, shown.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

// block is a part of a detail with a heading.
export function block(title, ...children) {
  return el('section', { class: 'block' }, el('h3', {}, title), ...children);
}

// copies makes a button that copies what text returns.
export function copies(label, text) {
  return el('button', { type: 'button', class: 'copy', click: async () => copy(await text()) }, label);
}

// copy puts a text on the clipboard; where the browser does not let the page, it shows it selected.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    notice('Copied.');
  } catch {
    const dialog = document.querySelector('#clipboard');
    const area = dialog.querySelector('textarea');
    area.value = text;
    dialog.showModal();
    area.select();
  }
}

let fading = 0;

// notice says something for a moment.
function notice(text, kind = 'good') {
  const node = document.querySelector('#notice');
  node.textContent = text;
  node.dataset.kind = kind;
  clearTimeout(fading);
  fading = setTimeout(() => { node.textContent = ''; }, kind === 'bad' ? 8000 : 2500);
}

// failed says why something was not done.
export function failed(error) {
  if (error.name !== 'AbortError') notice(error.message, 'bad');
}
