/** @packageDocumentation Codecs between f32 and the storage types, with error statistics. */
export {};
