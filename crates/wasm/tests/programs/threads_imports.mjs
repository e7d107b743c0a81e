// What workers import: `leave` ends the calling worker.
export const imports = { env: { leave: () => process.exit() } };
