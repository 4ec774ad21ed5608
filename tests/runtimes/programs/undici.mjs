import { fetch, request } from 'undici'
for (const url of process.argv.slice(2)) {
  console.log((await fetch(url, { headers: { accept: 'application/json' } })).status)
  const { statusCode, body } = await request(url, { headers: { accept: 'application/json' } })
  await body.dump()
  console.log(statusCode)
}
