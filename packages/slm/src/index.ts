/** @packageDocumentation Reads and writes the SLM1 and SLM2 containers. */
export {};
