// Stands for the app in the tests' own build: it draws nothing, keeps what the bridge tells, and speaks the protocol
// for the tests. What the app itself does with all that is tested with the app. Its module is empty.

const recorder = globalThis.recorder = {
  page: null, pages: 0, theme: null, files: [], events: [], lost: null, link: null,
  /** Gives a command as the app does. */
  command: null,
  /** Asks the engine; the answer with its bytes in base64. */
  request(request) {
    const id = ++nextId;
    const json = new TextEncoder().encode(JSON.stringify({ id, ...request, bytes: undefined }));
    const bytes = request.bytes ? Uint8Array.from(atob(request.bytes), (char) => char.charCodeAt(0)) : new Uint8Array();
    const frame = new Uint8Array(8 + json.length + bytes.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, 4 + json.length + bytes.length, true);
    view.setUint32(4, json.length, true);
    frame.set(json, 8);
    frame.set(bytes, 8 + json.length);
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      // In two parts: frames need not come whole.
      recorder.link.send(frame.slice(0, 5));
      recorder.link.send(frame.slice(5));
    });
  },
};
let nextId = 0;
const waiting = new Map();

const base64 = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
};

export default async function init() {}
export function start_panel(on_command) { recorder.command = (command) => on_command(JSON.stringify(command)); }
export function set_page(json) { recorder.page = JSON.parse(json); recorder.pages++; }
export function set_theme(theme) { recorder.theme = theme; }
export function attach(link) { recorder.link?.close(); recorder.link = link; recorder.lost = null; recorder.events = []; wake(); }
export function detach() { recorder.link?.close(); recorder.link = null; }
export function open_file(name, bytes) { recorder.files.push({ name, base64: base64(bytes) }); }
export function build_id(bytes) { return bytes.length.toString(16); }
export function state_json() { return JSON.stringify({ page: recorder.page, files: recorder.files.map(({ name }) => name) }); }

export function wake() {
  for (let frame; recorder.link && (frame = recorder.link.receive()) !== undefined;) {
    if (typeof frame === "string") {
      recorder.lost = frame;
      continue;
    }
    const view = new DataView(frame.buffer);
    const length = view.getUint32(4, true);
    const { id, ...event } = JSON.parse(new TextDecoder().decode(frame.subarray(8, 8 + length)));
    event.base64 = base64(frame.subarray(8 + length));
    if (id !== undefined && waiting.has(id)) waiting.get(id)(event);
    else recorder.events.push(event);
  }
}
