// A memory of 64 MiB, half of it filled, of which each frame writes some.
globalThis.frames_drawn = 0;
globalThis.animate = () => {
  globalThis.memory = new WebAssembly.Memory({ initial: 1024 });
  const words = new Uint32Array(memory.buffer);
  for (let i = 0; i < words.length / 2; i++) words[i] = Math.imul(i, 0x9e3779b9);
  const draw = () => {
    for (let i = 0; i < 100; i++) words[(frames_drawn * 1031 + i * 4099) % words.length]++;
    frames_drawn++;
    requestAnimationFrame(draw);
  };
  draw();
};
document.getElementById("out").textContent = "ready";
