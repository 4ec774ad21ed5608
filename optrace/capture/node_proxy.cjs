// Sends what Node asks for through the proxy of HTTP_PROXY, where Node doesn't do so by itself: http and https before
// 22.21 and 24.5, fetch before 22.21 and 24.0. Loaded by NODE_OPTIONS=--require; later versions only need
// NODE_USE_ENV_PROXY=1. Everything is tunnelled (CONNECT), so the proxy hands on what a server would have been sent.
// An agent or a dispatcher that connects in a way of its own is left alone.
'use strict'

const http = require('node:http')
const https = require('node:https')
const tls = require('node:tls')

const [major, minor] = process.versions.node.split('.').map(Number)
const since = (of22, of24) => major > 24 || (major === 24 && minor >= of24) || (major === 22 && minor >= of22)
const proxy = URL.canParse?.(process.env.HTTP_PROXY) ? new URL(process.env.HTTP_PROXY) : undefined

// The way to the proxy itself, for whoever knows it already.
const connect = http.Agent.prototype.createConnection
const connectSecurely = https.Agent.prototype.createConnection
const toProxy = ({ host, port }) => host === proxy.hostname.replace(/^\[|\]$/g, '') && Number(port) === Number(proxy.port)

function tunnel(host, port, done) {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const request = http.request({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port,
    method: 'CONNECT',
    path: target,
    headers: { host: target },
    agent: false
  })
  request.on('error', done)
  request.on('connect', ({ statusCode }, socket) => {
    request.off('error', done)
    if (statusCode === 200) return done(null, socket)
    socket.destroy()
    done(new Error(`the proxy answered CONNECT ${target} with ${statusCode}`))
  })
  request.end()
}

function agents() {
  http.Agent.prototype.createConnection = function (options, done) {
    if (!done || options.socketPath || toProxy(options)) return connect.apply(this, arguments)
    tunnel(options.host, options.port, done)
  }
  https.Agent.prototype.createConnection = function (options, done) {
    if (typeof done !== 'function' || options.socketPath || toProxy(options)) return connectSecurely.apply(this, arguments)
    tunnel(options.host, options.port, (error, socket) => {
      if (error) return done(error)
      done(null, connectSecurely.call(this, { ...options, socket }))
    })
  }
}

function fetches() {
  const dispatcher = Symbol.for('undici.globalDispatcher.1')
  void globalThis.Headers // has Node load its undici, which makes the dispatcher of all that have none of their own
  const Agent = globalThis[dispatcher]?.constructor
  if (Agent?.name !== 'Agent') return
  globalThis[dispatcher] = new Agent({
    connect({ hostname, port, protocol, servername }, done) {
      const secure = protocol === 'https:'
      tunnel(hostname.replace(/^\[|\]$/g, ''), port || (secure ? 443 : 80), (error, socket) => {
        if (error || !secure) return done(error, socket)
        const encrypted = tls.connect({ socket, servername, host: hostname, ALPNProtocols: ['http/1.1'] })
        encrypted.once('error', done)
        encrypted.once('secureConnect', () => {
          encrypted.off('error', done)
          done(null, encrypted)
        })
      })
    }
  })
}

if (proxy?.protocol === 'http:') {
  if (!since(21, 5)) agents()
  if (!since(21, 0)) fetches()
}
