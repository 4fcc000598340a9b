/** @packageDocumentation Node's files as sources and sinks. */
export {};
