/** What a camera delivers, in short: 1280×720 @ 30 mjpeg. */
import type { Camera } from '../net/wire';

type Picture = { format: string | null; width: number; height: number; framerate: number };

/** What is not known, or not asked for, is left out. */
export function describePicture({ format, width, height, framerate }: Picture): string {
  const parts: string[] = [];
  if (width > 0) parts.push(`${width}×${height}`);
  if (framerate > 0) parts.push(`@ ${Number(framerate.toFixed(2))}`);
  if (format) parts.push(format);
  return parts.join(' ');
}

/** Drivers say 29.97 where people say 30. */
const SAME_RATE = 0.01;

/** What was asked for, where the camera delivers something else; else null. */
export function describeAsked(camera: Camera): string | null {
  const { asked } = camera;
  if (!asked || camera.width === 0) return null;
  const otherSize = asked.width > 0 && (asked.width !== camera.width || asked.height !== camera.height);
  const otherRate =
    asked.framerate > 0 &&
    camera.framerate > 0 &&
    Math.abs(asked.framerate - camera.framerate) > SAME_RATE * asked.framerate;
  const otherFormat = Boolean(asked.format) && asked.format !== camera.format;
  if (!otherSize && !otherRate && !otherFormat) return null;
  return describePicture({ ...asked, format: otherFormat ? asked.format : null });
}
