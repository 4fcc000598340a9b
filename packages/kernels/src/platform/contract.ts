/** What a platform provides for compiling kernels. `#platform` picks `node.ts` or `browser.ts`. */

/**
 * Compiles a module that needs relaxed SIMD; undefined where the engine does not have it. The caller tests the result:
 * having the instruction does not mean having it right.
 */
export declare function compileRelaxed(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined>;
