/** @packageDocumentation A model described once: tensor contract, forward program, memory layout. */
export {};
