// One thing in full, in the place of the list that it is from.
import { el } from './dom.js';

const least = 200; // milliseconds between two looks

// Detail shows what its address names, and looks again when something has happened.
export class Detail {
  #section;
  #read;
  #draw;
  #names;
  #text;
  #asked = 0; // when, of the last question
  #timer = 0;

  // read(...names) promises what is shown; draw(section, value, ...names) shows it, whenever it is another than before.
  constructor(section, { read, draw }) {
    this.#section = section;
    this.#read = read;
    this.#draw = draw;
  }

  show(...names) {
    this.#names = names;
    this.#text = undefined;
    this.#asked = 0;
    this.#section.replaceChildren(el('p', { class: 'none' }, '…'));
    this.refresh();
  }

  refresh() {
    clearTimeout(this.#timer);
    if (this.#section.hidden) return;
    const wait = this.#asked + least - performance.now();
    if (this.#asked && wait > 0) {
      this.#timer = setTimeout(() => this.refresh(), wait);
      return;
    }
    this.#asked = performance.now();
    this.#look(this.#names);
  }

  async #look(names) {
    try {
      const value = await this.#read(...names);
      const text = JSON.stringify(value);
      if (names !== this.#names || text === this.#text) return;
      if (this.#text === undefined) this.#section.replaceChildren();
      this.#text = text;
      this.#draw(this.#section, value, ...names);
    } catch (error) {
      if (names === this.#names && this.#text === undefined) {
        this.#section.replaceChildren(el('p', { class: 'none' }, error.message));
      }
    }
  }
}
