/** What the program imports, for a page. */
export function canvasImports(find) {
  return {
    canvas: {
      begin(selector) {
        const canvas = find(selector);
        if (!canvas) throw new Error(`no canvas ${selector}`);
        const context = canvas.getContext("2d");
        context.save();
        return context;
      },
      set_fill(context, color) { context.fillStyle = color; },
      fill_rects(context, rects) { for (const { x, y, width, height } of rects) context.fillRect(x, y, width, height); },
      finish(context) { context.restore(); },
    },
  };
}
