/** @packageDocumentation What the four commands share: errors, progress, tables, exit codes. */
export {};
