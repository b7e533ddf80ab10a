// A list of any length, of which only what is seen is read and drawn.
import { arrange, become } from './dom.js';

const around = 8; // rows above and below what is seen that are ready
const least = 200; // milliseconds between two looks at what has changed
const share = 5; // a list takes at most one in so many parts of the simulator's time

let lists = 0; // for the ids of their rows

// List shows items, each in a row of the height --row and, where the box has --cell, several beside one another.
export class List {
  #box;
  #space = document.createElement('div');
  #load;
  #draw;
  #key;
  #told;
  #name = `list-${++lists}`;
  #total = 0;
  #from = 0; // the index of the first item that is held
  #items = [];
  #rows = new Map(); // by key: { node, text }
  #active = -1; // the index of the row that the keys move, -1 none
  #activeKey;
  #top = 0; // how far it is scrolled
  #hidden = true;
  #busy = false;
  #stale = true; // something has changed since it was read
  #ended = 0; // when it was last read
  #took = 0; // how long that lasted
  #timer = 0;
  #epoch = 0; // of what is asked for: an answer to an earlier question is not shown

  // load(skip, limit) promises { items, total }; draw(item) makes a link; key(item) names it; told hears the total.
  constructor(box, { load, draw, key, told = () => {} }) {
    this.#box = box;
    this.#load = load;
    this.#draw = draw;
    this.#key = key;
    this.#told = told;
    this.#space.className = 'space';
    box.append(this.#space);
    box.addEventListener('scroll', () => {
      if (!this.#hidden) this.#top = box.scrollTop;
      this.#moved();
    }, { passive: true });
    box.addEventListener('keydown', (event) => this.#pressed(event));
    new ResizeObserver(() => this.#moved()).observe(box);
  }

  // refresh looks again, soon.
  refresh() {
    this.#stale = true;
    this.#read();
  }

  // restart shows something else from its beginning.
  restart() {
    this.#epoch++;
    this.#total = 0;
    this.#items = [];
    this.#active = -1;
    this.#activeKey = undefined;
    this.#took = 0;
    this.#top = 0;
    this.#box.scrollTop = 0;
    this.#stale = true;
    this.#ended = 0;
    this.#read();
  }

  get #height() { return parseFloat(getComputedStyle(this.#box).getPropertyValue('--row')) || 40; }

  get #columns() {
    const cell = parseFloat(getComputedStyle(this.#box).getPropertyValue('--cell'));
    return cell ? Math.max(1, Math.floor(this.#box.clientWidth / cell)) : 1;
  }

  // window is which items are to be drawn, from one index to another.
  #window() {
    const columns = this.#columns;
    const height = this.#height;
    const first = Math.floor(this.#box.scrollTop / height);
    const last = first + Math.ceil(this.#box.clientHeight / height);
    return { from: Math.max(0, first - around) * columns, to: (last + around) * columns };
  }

  #holds({ from, to }) {
    return from >= this.#from && Math.min(to, this.#total) <= this.#from + this.#items.length;
  }

  #moved() {
    const hidden = !this.#box.clientHeight;
    if (this.#hidden && !hidden) this.#box.scrollTop = this.#top; // which a browser may forget of what it does not show
    this.#hidden = hidden;
    if (hidden) return;
    this.#render();
    if (!this.#holds(this.#window())) this.#read(true);
    else if (this.#stale) this.#read();
  }

  // read asks for what is seen: at once when it is not held, else when it has changed and the last time is long enough ago.
  async #read(now = false) {
    if (this.#busy || !this.#box.clientHeight) return;
    const wait = now ? 0 : this.#ended + Math.max(least, share * this.#took) - performance.now();
    clearTimeout(this.#timer);
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#read(), wait);
      return;
    }
    this.#busy = true;
    this.#stale = false;
    const epoch = this.#epoch;
    const { from, to } = this.#window();
    const began = performance.now();
    try {
      const got = await this.#load(from, to - from);
      if (epoch === this.#epoch) this.#take(from, got);
    } catch {
      this.#stale = true;
      this.#busy = false;
      if (epoch !== this.#epoch) this.#read(true); // else the stream says when the simulator is there again
      return;
    }
    this.#busy = false;
    this.#ended = performance.now();
    this.#took = this.#ended - began;
    if (epoch !== this.#epoch || !this.#holds(this.#window())) this.#read(true);
    else if (this.#stale) this.#read();
  }

  // take shows what was read. Whoever has scrolled down goes on seeing the same rows while new ones come in above.
  #take(from, { items, total }) {
    const height = this.#height;
    const seen = Math.floor(this.#box.scrollTop / height);
    const anchor = this.#box.scrollTop > 0 && this.#columns === 1 ? this.#items[seen - this.#from] : undefined;
    this.#from = from;
    this.#items = items;
    this.#total = total;
    this.#box.style.setProperty('--rows', Math.max(1, Math.ceil(total / this.#columns)));
    this.#space.style.height = `${Math.ceil(total / this.#columns) * height}px`;
    if (anchor) {
      const moved = items.findIndex((item) => this.#key(item) === this.#key(anchor)) + from;
      if (moved >= from && moved !== seen) this.#box.scrollTop += (moved - seen) * height;
    }
    const again = items.findIndex((item) => this.#key(item) === this.#activeKey);
    if (again >= 0) this.#active = from + again;
    this.#told(total);
    this.#render();
  }

  #render() {
    const { from, to } = this.#window();
    const columns = this.#columns;
    const height = this.#height;
    const nodes = [];
    const kept = new Map();
    this.#space.style.height = `${Math.ceil(this.#total / columns) * height}px`;
    for (let i = Math.max(from, this.#from); i < Math.min(to, this.#from + this.#items.length); i++) {
      const row = this.#row(this.#items[i - this.#from]);
      const { node } = row;
      node.style.top = `${Math.floor(i / columns) * height}px`;
      node.style.left = `${(i % columns) / columns * 100}%`;
      node.style.width = `${100 / columns}%`;
      node.id = `${this.#name}-${i}`;
      node.setAttribute('aria-posinset', i + 1);
      node.setAttribute('aria-setsize', this.#total);
      node.setAttribute('aria-selected', i === this.#active);
      kept.set(this.#key(this.#items[i - this.#from]), row);
      nodes.push(node);
    }
    this.#rows = kept;
    arrange(this.#space, nodes);
    if (this.#active >= 0) this.#box.setAttribute('aria-activedescendant', `${this.#name}-${this.#active}`);
    else this.#box.removeAttribute('aria-activedescendant');
  }

  // row is the one of an item: the same element for as long as nothing in it changes.
  #row(item) {
    const text = JSON.stringify(item);
    const before = this.#rows.get(this.#key(item));
    if (before?.text === text) return before;
    const made = this.#draw(item);
    if (before) {
      become(before.node, made);
      return { node: before.node, text };
    }
    made.setAttribute('role', 'option');
    made.tabIndex = -1;
    return { node: made, text };
  }

  #pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter' && this.#active >= 0) {
      document.getElementById(`${this.#name}-${this.#active}`)?.click();
      return;
    }
    const columns = this.#columns;
    const page = Math.max(1, Math.floor(this.#box.clientHeight / this.#height) - 1) * columns;
    const steps = { ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !this.#total) return;
    event.preventDefault();
    const to = this.#active < 0 && event.key !== 'End' ? 0 : this.#active + steps[event.key];
    this.#activate(Math.min(this.#total - 1, Math.max(0, to)));
  }

  #activate(index) {
    this.#active = index;
    const item = this.#items[index - this.#from];
    this.#activeKey = item && this.#key(item);
    const height = this.#height;
    const top = Math.floor(index / this.#columns) * height;
    if (top < this.#box.scrollTop) this.#box.scrollTop = top;
    else if (top + height > this.#box.scrollTop + this.#box.clientHeight) this.#box.scrollTop = top + height - this.#box.clientHeight;
    this.#moved();
  }
}
