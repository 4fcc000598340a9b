export * from './errors.ts';
export * from './format.ts';
export { layoutSlm1, type Slm1Description, type Slm1Layout } from './layout.ts';
export { type ReadSlm1Options, readSlm1 } from './read.ts';
export { slm1NameHash, slm1TensorCount, slm1TensorShapes } from './tensors.ts';
export { type VerifySlm1Options, verifySlm1Checksum } from './verify.ts';
export { createSlm1Writer, type Slm1Writer } from './write.ts';
