// What the app asks of the page around it. Words are the app's own (src/strings.rs).

/** Says in plain DOM, over the canvas, what keeps the app from going on. The first reason stays. */
export function fail(reason, labelOfReload) {
  let status = document.getElementById("status");
  if (status?.getAttribute("role") === "alert") return;
  if (!status) {
    status = document.createElement("p");
    status.id = "status";
    document.body.append(status);
  }
  status.setAttribute("role", "alert");
  const reload = document.createElement("button");
  reload.textContent = labelOfReload;
  reload.addEventListener("click", () => location.reload());
  status.replaceChildren(`${reason}\n`, reload);
}

/** The language that was spoken last, as a tag; undefined if none was kept. */
export function keptLanguage() {
  try {
    return localStorage.getItem("language") ?? undefined;
  } catch {
    // A browser that lets pages keep nothing.
    return undefined;
  }
}

/** The app speaks another language from now on: the page around it is told, and the next start. */
export function speak(tag) {
  try {
    localStorage.setItem("language", tag);
  } catch { /* the next start follows the browser again */ }
  dispatchEvent(new CustomEvent("app-language", { detail: tag }));
}

/** Lets the user choose files. */
export async function pickFiles() {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  await new Promise((resolve) => {
    input.addEventListener("change", resolve);
    input.addEventListener("cancel", resolve);
    input.click();
  });
  return [...input.files];
}

/** Gets a file of the page's own folder. What the server says instead is a text; undefined is a place elsewhere. */
export async function fetchFile(path) {
  const url = new URL(path, location.href);
  if (url.origin !== location.origin) return undefined;
  const response = await fetch(url);
  if (!response.ok) return `${response.status} ${response.statusText}`.trim();
  return new Uint8Array(await response.arrayBuffer());
}

/** Hands a file to the user as a download. */
export function saveFile(name, bytes) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  // The download has begun when the click returns; the URL is no longer needed soon after.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

let letters;

/** Draws text in white: its pixels, where they lie from the pen, and how far the pen goes. */
export function drawText(text, font, offset) {
  letters ??= new OffscreenCanvas(256, 256).getContext("2d", { willReadFrequently: true });
  letters.font = font;
  const metrics = letters.measureText(text);
  const [left, top] = [Math.ceil(metrics.actualBoundingBoxLeft) + 1, Math.ceil(metrics.actualBoundingBoxAscent) + 1];
  const width = left + Math.ceil(metrics.actualBoundingBoxRight + offset) + 1;
  const height = top + Math.ceil(metrics.actualBoundingBoxDescent) + 1;
  // Nothing to see, or larger than one letter can be.
  if (!(width > 0 && height > 0 && width <= 256 && height <= 256)) return undefined;
  letters.clearRect(0, 0, 256, 256);
  letters.fillStyle = "white";
  letters.fillText(text, left + offset, top);
  const pixels = new Uint8Array(letters.getImageData(0, 0, width, height).data.buffer);
  return { width, height, x: -left, y: -top, advance: metrics.width, pixels };
}
