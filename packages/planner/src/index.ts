/** @packageDocumentation The memory of a model, from the layout that the runtime allocates. */
export * from './plan.ts';
