/** @packageDocumentation Converts: source, recipe, artifact. Layout first, tiles, atomic output. */
export {};
