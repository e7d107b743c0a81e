// In a page: each program through its glue, with the right MIME type and with a wrong one; answers go to the server.
import { programs } from "./exercise.mjs";

const text = (answers) => JSON.stringify(answers, (_, value) => (value === undefined ? "undefined" : value));
async function run() {
  const answers = {};
  for (const program in programs) {
    const { default: init } = await import(`./${program}.mjs`);
    const right = text(await programs[program]((imports, options) => init(imports, undefined, options)));
    const wrong = text(await programs[program]((imports, options) => init(imports, `${program}.wasm?text`, options)));
    if (right !== wrong) throw new Error(`${right} is not ${wrong}`);
    answers[program] = right;
  }
  const { default: init } = await import("./panic.mjs");
  const missing = await init({}, "missing.wasm").then(() => "loaded", (error) => error.message);
  if (!/missing\.wasm: 404/.test(missing)) throw new Error(missing);
  return JSON.stringify(answers);
}

await fetch("result", { method: "POST", body: await run().catch((error) => String(error.stack ?? error)) });
