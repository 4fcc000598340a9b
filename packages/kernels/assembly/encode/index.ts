/** What the build for conversions exports. It has its own binary: an engine that runs models loads none of this. */
export { areFinite } from './floats';
export { scanRows } from './scan';
export { convertTile, tileScratchBytes } from './tile';

/** First byte behind the constants of the build: what conversions must leave alone lies below. */
export const dataEnd: usize = __heap_base;
