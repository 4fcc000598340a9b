#!/usr/bin/env node
/** mirust-plan: the memory of a model, to the byte, before it is loaded. */
import { packageVersion, runProgram } from '@mirust/cli';
import { createProgram } from './program.ts';

await runProgram(createProgram(packageVersion(import.meta.url)));
