#!/usr/bin/env node
// An Open Payments payment with the official client, @interledger/open-payments.
//
//   npm install && node pay.mjs --sender http://127.0.0.1:4000/alice --recipient http://127.0.0.1:5000/bob \
//     --client http://127.0.0.1:6000/client --key client.pem --key-id demo-client-key --amount 1000
//
// The sender's consent is clicked through as a browser would do it, unless --browser is given: then a person follows
// the printed link. What happens goes to stderr, the outcome as JSON to stdout. `optrace run -- node pay.mjs ...` shows
// what is on the wire.

import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createAuthenticatedClient, isFinalizedGrantWithAccessToken, isPendingGrant } from '@interledger/open-payments'

const { values: args } = parseArgs({
  options: {
    sender: { type: 'string' },
    recipient: { type: 'string' },
    client: { type: 'string' },
    key: { type: 'string' },
    'key-id': { type: 'string' },
    amount: { type: 'string', default: '1000' },
    browser: { type: 'boolean', default: false },
    reject: { type: 'boolean', default: false }
  }
})

class Refused extends Error {}

const note = (text) => console.error(text)

async function pay() {
  const client = await createAuthenticatedClient({
    walletAddressUrl: args.client,
    privateKey: args.key,
    keyId: args['key-id'],
    useHttp: args.sender.startsWith('http:'), // the client turns every URL into https otherwise
    logLevel: 'silent'
  })
  const sender = await client.walletAddress.get({ url: args.sender })
  const recipient = await client.walletAddress.get({ url: args.recipient })

  // the recipient's side: an incoming payment to pay into
  const receiving = await approved(
    client.grant.request(
      { url: recipient.authServer },
      { access_token: { access: [{ type: 'incoming-payment', actions: ['create', 'read', 'list', 'complete'] }] } }
    )
  )
  const incoming = await client.incomingPayment.create(
    { url: recipient.resourceServer, accessToken: receiving },
    {
      walletAddress: recipient.id,
      incomingAmount: { value: args.amount, assetCode: recipient.assetCode, assetScale: recipient.assetScale },
      metadata: { description: 'A demo payment' }
    }
  )
  note(`incoming payment ${incoming.id}`)

  // the sender's side: what does it cost?
  const quoting = await approved(
    client.grant.request(
      { url: sender.authServer },
      { access_token: { access: [{ type: 'quote', actions: ['create', 'read'] }] } }
    )
  )
  const quote = await client.quote.create(
    { url: sender.resourceServer, accessToken: quoting },
    { walletAddress: sender.id, receiver: incoming.id, method: 'ilp' }
  )
  note(`it costs ${quote.debitAmount.value} ${quote.debitAmount.assetCode}`)

  // the sender has to agree
  const nonce = randomUUID()
  const callback = await listen()
  const pending = await client.grant.request(
    { url: sender.authServer },
    {
      access_token: {
        access: [
          {
            type: 'outgoing-payment',
            actions: ['create', 'read', 'list'],
            identifier: sender.id,
            limits: { debitAmount: quote.debitAmount }
          }
        ]
      },
      interact: { start: ['redirect'], finish: { method: 'redirect', uri: callback.uri, nonce } }
    }
  )
  if (!isPendingGrant(pending)) throw new Refused('the sender was not asked')
  const patience = sleep((pending.continue.wait ?? 0) * 1000)
  if (args.browser) note(`please answer in the browser: ${pending.interact.redirect}`)
  else await click(pending.interact.redirect, args.reject ? 'reject' : 'accept')
  const outcome = await callback.outcome
  callback.close()
  if (!outcome.interact_ref) throw new Refused(`the sender did not agree: ${outcome.result}`)
  checkHash(outcome, [nonce, pending.interact.finish, outcome.interact_ref, sender.authServer])
  await patience
  const paying = await approved(
    client.grant.continue(
      { url: pending.continue.uri, accessToken: pending.continue.access_token.value },
      { interact_ref: outcome.interact_ref }
    )
  )

  // pay, and see that it arrives
  let outgoing = await client.outgoingPayment.create(
    { url: sender.resourceServer, accessToken: paying },
    { walletAddress: sender.id, quoteId: quote.id, metadata: { description: 'A demo payment' } }
  )
  for (let n = 0; n < 20 && !outgoing.failed && outgoing.sentAmount.value === '0'; n++) {
    if (n) await sleep(500)
    outgoing = await client.outgoingPayment.get({ url: outgoing.id, accessToken: paying })
  }
  const received = await client.incomingPayment.get({ url: incoming.id, accessToken: receiving })
  const listed = await client.outgoingPayment.list(
    { url: sender.resourceServer, walletAddress: sender.id, accessToken: paying },
    { first: 10 }
  )
  return {
    incomingPayment: received.id,
    outgoingPayment: outgoing.id,
    debitAmount: outgoing.debitAmount,
    sentAmount: outgoing.sentAmount,
    receivedAmount: received.receivedAmount,
    completed: received.completed,
    failed: outgoing.failed,
    payments: listed.result.length
  }
}

// The access token of a grant that has been given.
async function approved(request) {
  const grant = await request
  if (!isFinalizedGrantWithAccessToken(grant)) throw new Refused('the grant gave no access token')
  return grant.access_token.value
}

// A small server that the browser is sent back to.
async function listen() {
  const server = createServer()
  const outcome = new Promise((resolve) => {
    server.on('request', (request, response) => {
      const query = new URL(request.url, 'http://localhost').searchParams
      response.writeHead(query.size ? 200 : 404, { 'content-type': 'text/plain', connection: 'close' })
      response.end(query.size ? 'Thank you. You can close this window.\n' : '')
      if (query.size) resolve(Object.fromEntries(query))
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { uri: `http://127.0.0.1:${server.address().port}/finish`, outcome, close: () => server.close() }
}

// No person: follow the redirects with a memory for cookies, and press a button of the first form that comes.
async function click(url, decision) {
  const cookies = new Map()
  let request = { method: 'GET' }
  for (let n = 0; n < 20; n++) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const headers = { accept: 'text/html,*/*;q=0.8', ...(cookie && { cookie }), ...request.headers }
    const response = await fetch(url, { ...request, headers, redirect: 'manual' })
    note(`${response.status} ${request.method} ${url}`)
    for (const line of response.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=')
      cookies.set(name, value.join('='))
    }
    const page = await response.text()
    const form = page.match(/<form[^>]*\saction="([^"]*)"/)
    if (response.headers.has('location')) {
      url = new URL(response.headers.get('location'), url).href
      request = { method: 'GET' }
    } else if (response.ok && form) {
      url = new URL(form[1].replaceAll('&amp;', '&'), url).href
      const body = new URLSearchParams({ decision }).toString()
      request = { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    } else if (response.ok) {
      return
    } else {
      throw new Refused(`the consent page failed: ${response.status} ${url}`)
    }
  }
  throw new Refused('the consent page leads nowhere')
}

// RFC 9635 section 4.2.3. Servers differ in the alphabet and the padding of base64, which Node reads alike.
function checkHash(outcome, lines) {
  const expected = createHash('sha256').update(lines.join('\n')).digest()
  const sent = Buffer.from(outcome.hash ?? '', 'base64')
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) throw new Refused('the hash is wrong')
  note('the hash is right')
}

try {
  const outcome = await pay()
  console.log(JSON.stringify(outcome, null, 2))
  process.exit(outcome.failed ? 1 : 0)
} catch (error) {
  note(`not paid: ${error.message} ${error.status ?? ''} ${error.description ?? ''}`.trimEnd())
  for (const problem of error.validationErrors ?? []) note(`  ${problem}`)
  process.exit(1)
}
