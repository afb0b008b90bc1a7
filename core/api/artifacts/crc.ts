/**
 * The cyclic checksums that S3 clients send: CRC-32 from zlib, CRC-32C and CRC-64/NVME by table.
 * All are reflected, begin with ones and end inverted, and are sent big-endian (S3 user guide,
 * "Checking object integrity"; NVM Express specification for the 64-bit polynomial).
 * @module
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** A checksum in the making. */
export interface Digest {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

const CRC32C_POLYNOMIAL = 0x82f63b78n;
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

/** For each value of a byte, what it does to the remainder: low and high 32 bits. */
interface Table {
  low: Uint32Array;
  high: Uint32Array;
}

const tables = new Map<bigint, Table>();

/** Made at first use, since most clients ask for one kind only. */
function tableOf(polynomial: bigint): Table {
  const known = tables.get(polynomial);
  if (known) return known;
  const table = { low: new Uint32Array(256), high: new Uint32Array(256) };
  for (let byte = 0; byte < 256; byte++) {
    let rest = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1n) ? (rest >> 1n) ^ polynomial : rest >> 1n;
    table.low[byte] = Number(rest & 0xffffffffn);
    table.high[byte] = Number(rest >> 32n);
  }
  tables.set(polynomial, table);
  return table;
}

export class Crc32 implements Digest {
  #value = 0;
  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }
  digest(): Buffer {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(this.#value);
    return sum;
  }
}

export class Crc32c implements Digest {
  #rest = 0xffffffff;
  update(bytes: Uint8Array): void {
    const { low } = tableOf(CRC32C_POLYNOMIAL);
    let rest = this.#rest;
    for (const byte of bytes) rest = (rest >>> 8) ^ low[(rest ^ byte) & 0xff]!;
    this.#rest = rest;
  }
  digest(): Buffer {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(~this.#rest >>> 0);
    return sum;
  }
}

export class Crc64Nvme implements Digest {
  #low = 0xffffffff;
  #high = 0xffffffff;
  update(bytes: Uint8Array): void {
    const table = tableOf(CRC64NVME_POLYNOMIAL);
    let low = this.#low;
    let high = this.#high;
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ table.low[index]!;
      high = (high >>> 8) ^ table.high[index]!;
    }
    this.#low = low;
    this.#high = high;
  }
  digest(): Buffer {
    const sum = Buffer.alloc(8);
    sum.writeUInt32BE(~this.#high >>> 0, 0);
    sum.writeUInt32BE(~this.#low >>> 0, 4);
    return sum;
  }
}
