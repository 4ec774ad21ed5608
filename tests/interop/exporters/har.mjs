// The schema of HAR 1.2: {name: archive} in, {name: [errors]} out.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const require = createRequire(import.meta.url)
const Ajv = require('ajv')
const ajv = new Ajv({ allErrors: true, unknownFormats: 'ignore' })
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-06.json'))
ajv.addSchema(Object.values(require('har-schema')))
const validate = ajv.getSchema('har.json')
const found = {}
for (const [name, archive] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  found[name] = validate(archive) ? [] : validate.errors.map((error) => `${error.dataPath} ${error.message}`)
}
console.log(JSON.stringify(found))
