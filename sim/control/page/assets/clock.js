// The platform's time, which may stand still or be ahead of the machine's.

let at = 0; // the platform's time, in milliseconds, when it was last heard of
let heard = 0; // by the page's own clock
let frozen = false;

// set takes over what the simulator says; without still it stands or runs as before.
export function set(now, still = frozen) {
  at = Date.parse(now);
  heard = performance.now();
  frozen = still;
}

// now is the platform's time in milliseconds; NaN before anything was heard.
export function now() {
  if (!heard) return NaN;
  return frozen ? at : at + performance.now() - heard;
}

export const isFrozen = () => frozen;

// count has each element with data-until say how long it is until then, every second that the page is seen.
export function count() {
  for (const node of document.querySelectorAll('[data-until]')) {
    node.textContent = left(Date.parse(node.dataset.until) - now());
  }
}

// left writes a length of time in milliseconds as 1:05 or 2:00:00. What has begun of a second counts.
export function left(time) {
  const seconds = Math.max(0, Math.ceil(time / 1000));
  const two = (n) => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

// lasted writes a length of time in milliseconds as 40 µs, 12 ms, 2.05 s or 3 min 4 s.
export function lasted(time) {
  if (time > 0 && time < 1) return `${Math.round(time * 1000)} µs`;
  if (time < 1000) return `${Math.round(time)} ms`;
  if (time < 60_000) return `${(time / 1000).toFixed(2)} s`;
  const seconds = Math.round(time / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

// clockTime writes an instant as the time of day of whoever looks, to the millisecond.
export function clockTime(instant) {
  const date = new Date(instant);
  const two = (n) => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
