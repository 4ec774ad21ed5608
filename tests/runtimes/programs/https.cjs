const clients = { 'http:': require('node:http'), 'https:': require('node:https') }
const get = (url) => new Promise((resolve, reject) => {
  clients[new URL(url).protocol].get(url, { headers: { accept: 'application/json' } }, (answer) => {
    answer.resume()
    answer.on('end', () => resolve(answer.statusCode))
  }).on('error', reject)
})
;(async () => { for (const url of process.argv.slice(2)) console.log(await get(url)) })()
