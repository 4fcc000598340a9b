/** @packageDocumentation Reads safetensors files, single and sharded. */
export {};
