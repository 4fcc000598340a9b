/** @packageDocumentation Opens a model file or directory of any known format as one description. */
export {};
