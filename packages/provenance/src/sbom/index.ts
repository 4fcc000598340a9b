/** @packageDocumentation Bills of materials. An entry of its own: the library that writes them is large. */
export { type BillOfMaterials, type BillOptions, modelBill } from './model-bill.ts';
