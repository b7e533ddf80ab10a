// What happens, as server-sent events. The page takes an event as a sign to look again, so that it works as much for a
// thousand a second as for one: it reads what has come, rests, and leaves the rest to the simulator, which drops for a
// reader who is behind.
import { headers } from './api.js';

const rest = 100; // milliseconds between two looks at the stream
const again = 1000; // milliseconds before a stream that has ended is opened anew

const pause = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

let wake = () => {};

// hurry opens a stream that has ended at once: there is a simulator again.
export const hurry = () => wake();

// follow calls happened whenever there were events, and told with what becomes of the stream: live, waiting, or stranger
// where the token is not the simulator's. While nobody sees the page it does not read.
export async function follow(happened, told) {
  for (;;) {
    await visible();
    const closing = new AbortController();
    const hide = () => { if (document.hidden) closing.abort(); };
    document.addEventListener('visibilitychange', hide);
    let status = 0;
    try {
      const answer = await fetch('v1/events?after=now', { headers: headers(), signal: closing.signal });
      status = answer.status;
      if (answer.ok) {
        told('live');
        happened();
        await listen(answer.body.getReader(), happened);
      }
    } catch {
      // The stream has ended, as it does when the simulator is changed or stopped.
    }
    document.removeEventListener('visibilitychange', hide);
    if (!closing.signal.aborted) {
      told(status === 401 ? 'stranger' : 'waiting');
      await Promise.race([pause(again), new Promise((resolve) => { wake = resolve; })]);
    }
  }
}

async function listen(reader, happened) {
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (decoder.decode(value, { stream: true }).includes('data:')) happened(); // else it is a sign of life
    await pause(rest);
  }
}

function visible() {
  return new Promise((resolve) => {
    if (!document.hidden) {
      resolve();
      return;
    }
    document.addEventListener('visibilitychange', resolve, { once: true });
  });
}
