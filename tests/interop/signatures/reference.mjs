// Judges messages as Rafiki does, with the verifier that Rafiki imports, and writes JSON again as V8 does.
// stdin: {messages: [{method, url, headers: [[name, value]], body, jwks}], json: [base64]}
// stdout: {messages: [{accepted, digest, why}], json: [base64 or null]}
import { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { getKeyId, validateSignature, validateSignatureHeaders } from '@interledger/http-signature-utils'
import { createOpenAPI } from '@interledger/openapi'
import { verifyContentDigest } from 'httpbis-digest-headers'

const SPEC = new URL('../node_modules/@interledger/open-payments/dist/openapi/specs/wallet-address-server.yaml', import.meta.url)
const openApi = await createOpenAPI(SPEC.pathname)
const checkJwks = openApi.createResponseValidator({ path: '/jwks.json', method: 'get' })

// as an HTTP server hands the fields to its handler, and Koa's body parser the body
function requestLike({ method, url, headers, body }) {
  const message = new IncomingMessage(null)
  const flat = headers.flatMap(([name, value]) => [name, value.replace(/^[ \t]+|[ \t]+$/g, '')])
  message._addHeaderLines(flat, flat.length)
  const fields = JSON.parse(JSON.stringify(message.headers))
  const json = /^application\/json\s*(;|$)/i.test(fields['content-type'] ?? '')
  const raw = Buffer.from(body, 'base64').toString('utf8').replace(/^\ufeff/, '')
  return { method, url, headers: fields, body: JSON.stringify(json && raw ? parse(raw) : {}) }
}

class NotJson extends Error {}

function parse(raw) {
  if (!/^[ \t\r\n]*[[{]/.test(raw)) throw new NotJson('only objects and arrays')
  try { return JSON.parse(raw) } catch (error) { throw new NotJson(String(error)) }
}

async function judge(message) {
  let digest = null
  try {
    const request = requestLike(message)
    if (request.headers['content-digest']) {
      try { digest = verifyContentDigest(request.body, request.headers['content-digest']) } catch { digest = false }
    }
    if (!validateSignatureHeaders(request)) return { accepted: false, digest, why: 'headers' }
    const keyId = getKeyId(request.headers['signature-input'])
    if (!keyId) return { accepted: false, digest, why: 'keyid' }
    checkJwks({ status: 200, body: message.jwks })
    const key = message.jwks.keys.find((jwk) => jwk.kid === keyId)
    if (!key) return { accepted: false, digest, why: 'key' }
    return { accepted: await validateSignature(key, request), digest, why: 'signature' }
  } catch (error) {
    // the body parser answers 400 to what isn't JSON: the verifier is never asked
    return { accepted: error instanceof NotJson ? null : false, digest, why: String(error) }
  }
}

function rewrite(body) {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body, 'base64').toString('utf8'))), 'utf8').toString('base64')
  } catch {
    return null
  }
}

const corpus = JSON.parse(await text(process.stdin))
const messages = []
for (const message of corpus.messages ?? []) messages.push(await judge(message))
process.stdout.write(JSON.stringify({ messages, json: (corpus.json ?? []).map(rewrite) }))
