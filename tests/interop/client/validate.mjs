// Says what the reference OpenAPI validator says of requests: a list of {spec, path, method, request} on standard input,
// the first problem of each (or null) on standard output.
import { readFileSync } from 'node:fs'
import { getAuthServerOpenAPI, getResourceServerOpenAPI } from '@interledger/open-payments'

const documents = { auth: await getAuthServerOpenAPI(), resource: await getResourceServerOpenAPI() }

const validators = {}

const answers = JSON.parse(readFileSync(0, 'utf8')).map(({ spec, path, method, request }) => {
  try {
    const validate = (validators[`${spec} ${method} ${path}`] ??= documents[spec].createRequestValidator({ path, method }))
    validate(request)
    return null
  } catch (error) {
    return { status: error.status, problem: error.errors[0].message }
  }
})
console.log(JSON.stringify(answers))
