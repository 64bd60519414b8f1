// schema.mjs: recipes as ajv sees them, and recipes with one thing wrong.
//
//     node schema.mjs check SCHEMA FILE...   a JSON list: null where a file is valid, else why not
//     node schema.mjs break FILE FOLDER      write broken copies of a recipe; a JSON list of them
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv from 'ajv'
import YAML from 'yaml'

const [what, ...rest] = process.argv.slice(2)

function check(schemaFile, ...files) {
  const validate = new Ajv({ strictSchema: true, strictTypes: false, allErrors: true }).compile(
    JSON.parse(readFileSync(schemaFile)))
  return files.map((file) => {
    const value = YAML.parse(readFileSync(file, 'utf8'))
    return validate(value) ? null : validate.errors.map((e) => `${e.instancePath || '/'} ${e.message}`)
  })
}

// Every pair of every map, one after the other: its key renamed, the pair taken out, its value
// replaced by each of these.
const surprises = [{ surprise: 1 }, [[1]], 3.5, 'surprise', true, null]

function breakRecipe(file, folder) {
  const text = readFileSync(file, 'utf8')
  const paths = []
  YAML.visit(YAML.parseDocument(text), {
    Pair(_, pair, ancestors) {
      const path = ancestors.map((a, i) => step(a, ancestors[i + 1])).filter((s) => s !== undefined)
      paths.push([...path, pair.key.value])
    },
  })
  const made = []
  const write = (document, change) => {
    const name = join(folder, `${made.length}.yaml`)
    writeFileSync(name, String(document))
    made.push({ file: name, change })
  }
  for (const path of paths) {
    const renamed = YAML.parseDocument(text)
    renamed.getIn(path.slice(0, -1), true).items.find((p) => p.key.value === path.at(-1)).key.value += 'x'
    write(renamed, `${path.join('.')}: renamed`)
    const without = YAML.parseDocument(text)
    without.deleteIn(path)
    write(without, `${path.join('.')}: taken out`)
    for (const surprise of surprises) {
      const changed = YAML.parseDocument(text)
      changed.setIn(path, changed.createNode(surprise))
      write(changed, `${path.join('.')}: ${JSON.stringify(surprise)}`)
    }
  }
  return made
}

// The step from a collection (or a pair in it) to what is below it: a key, an index, or nothing.
function step(from, to) {
  if (YAML.isPair(from)) return from.key.value
  if (YAML.isSeq(from) && to) return from.items.indexOf(to)
  return undefined
}

console.log(JSON.stringify(what === 'check' ? check(...rest) : breakRecipe(...rest)))
