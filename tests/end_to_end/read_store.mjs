// read_store.mjs: what zarrita sees of a store.
//
//     node read_store.mjs STORE FOLDER
//
// FOLDER gets arrays.json (name, dimensions, type, shape, attributes, fill value and the file of
// its elements, of every array that the consolidated metadata list) and one raw file an array,
// C order, little-endian; string arrays are in arrays.json itself.
import { readFileSync, writeFileSync, existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FileSystemStore } from '@zarrita/storage'
import * as zarr from 'zarrita'

const [path, folder] = process.argv.slice(2)
const version = existsSync(join(path, 'zarr.json')) ? 3 : 2

// JSON has no NaN, and no integers beyond 2^53 here: both go as {"text": ...}.
function plain(value) {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : { text: String(value) }
  if (typeof value === 'number' && !Number.isFinite(value)) return { text: String(value) }
  return value ?? null
}

function attributesOf(name) {
  if (version === 3) return JSON.parse(readFileSync(join(path, name, 'zarr.json'))).attributes ?? {}
  const file = join(path, name, '.zattrs')
  return existsSync(file) ? JSON.parse(readFileSync(file)) : {}
}

async function elements(array) {
  const got = await zarr.get(array, array.shape.length ? null : [])
  return array.shape.length ? got.data : got
}

const listed = await zarr.withConsolidatedMetadata(new FileSystemStore(resolve(path)))
const root = zarr.root(listed)
const document = { version, attributes: attributesOf('.'), arrays: {} }
let count = 0
for (const { path: at, kind } of listed.contents()) {
  if (kind !== 'array') continue
  const array = await zarr.open(root.resolve(at), { kind: 'array' })
  const name = at.slice(1), attributes = attributesOf(name)
  const described = {
    dimensions: array.dimensionNames ?? attributes._ARRAY_DIMENSIONS ?? [],
    type: array.dtype, shape: array.shape, chunks: array.chunks,
    fill: plain(array.fillValue), attributes,
  }
  const data = await elements(array)
  if (array.is('string') || array.is('object')) {
    described.strings = array.shape.length ? Array.from(data) : [data]
  } else {
    described.file = `${count++}.raw`
    const typed = ArrayBuffer.isView(data) ? data : scalar(array.dtype, data)
    writeFileSync(join(folder, described.file), Buffer.from(typed.buffer, typed.byteOffset, typed.byteLength))
  }
  document.arrays[name] = described
}
writeFileSync(join(folder, 'arrays.json'), JSON.stringify(document))

function scalar(type, value) {
  const of = {
    int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array,
    uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array, float32: Float32Array,
    float64: Float64Array,
  }
  return of[type].of(value)
}
