/** @packageDocumentation Data types, shapes, errors, checked byte reading, sources and sinks. */
export * from './checked.ts';
export * from './cursor.ts';
export * from './dtype.ts';
export * from './encoding.ts';
export * from './errors.ts';
export * from './finding.ts';
export * from './http-source.ts';
export * from './json.ts';
export * from './json-errors.ts';
export * from './json-value.ts';
export * from './panel.ts';
export * from './panel-check.ts';
export * from './scale-type.ts';
export * from './shape.ts';
export * from './sink.ts';
export * from './source.ts';
export * from './text.ts';
