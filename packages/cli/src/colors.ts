/** Colours, where a person reads. */
import pc from 'picocolors';

/** Colour functions for one stream. */
export type Colors = ReturnType<typeof pc.createColors>;

/**
 * Colours for a stream: on for a terminal and where FORCE_COLOR is set, off when piped, for `TERM=dumb`, and always off
 * where NO_COLOR is set (no-color.org: whatever its value, unless empty).
 */
export function colorsFor(stream: NodeJS.WriteStream): Colors {
  const forced = (process.env.FORCE_COLOR ?? '') !== '' && process.env.FORCE_COLOR !== '0';
  const refused = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return pc.createColors(!refused && (forced || stream.isTTY === true));
}

/** No colours: for files. */
export function plainColors(): Colors {
  return pc.createColors(false);
}
