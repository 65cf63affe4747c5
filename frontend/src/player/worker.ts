/** The player's worker: reads, decodes and paints, so that the page's own thread stays free. */
import { PaintLoop } from './paint-loop';
import type { FromWorker, ToWorker } from './protocol';
import { readPictures } from './stream';

let context: OffscreenCanvasRenderingContext2D | null = null;
let running: AbortController | null = null;

const report = (message: FromWorker) => postMessage(message);

const loop = new PaintLoop<ImageBitmap>({
  decode: (jpeg) => createImageBitmap(jpeg),
  onScreen: (paint) => requestAnimationFrame(paint),
  draw(bitmap) {
    if (!context) return;
    const { canvas } = context;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
    }
    context.drawImage(bitmap, 0, 0);
  },
  nowMs: () => performance.now(),
  report,
});

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case 'canvas':
      context = data.canvas.getContext('2d', { alpha: false });
      break;
    case 'play':
      void play(data.run, data.url);
      break;
    case 'stop':
      running?.abort();
      loop.clear();
      break;
    case 'save':
      report({ kind: 'saved', request: data.request, picture: loop.shown });
      break;
  }
});

async function play(run: number, url: string): Promise<void> {
  running?.abort();
  loop.clear();
  running = new AbortController();
  const why = await readPictures(url, running.signal, {
    opened: () => report({ kind: 'opened', run }),
    chunk: () => report({ kind: 'alive', run }),
    part: (part) => loop.push(part),
  });
  report({ kind: 'ended', run, why });
}
