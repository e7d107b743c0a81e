// What the app asks of the page around it.

/** Says in plain DOM, over the canvas, what keeps the app from going on. The first reason stays. */
export function fail(reason) {
  let status = document.getElementById("status");
  if (status?.getAttribute("role") === "alert") return;
  if (!status) {
    status = document.createElement("p");
    status.id = "status";
    document.body.append(status);
  }
  status.setAttribute("role", "alert");
  const reload = document.createElement("button");
  reload.textContent = "Reload";
  reload.addEventListener("click", () => location.reload());
  status.replaceChildren(`${reason}\n`, reload);
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

/** Gets a file of the page's own folder. */
export async function fetchFile(path) {
  const url = new URL(path, location.href);
  if (url.origin !== location.origin) throw new Error("only files beside the page are opened");
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`);
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
