// A page in Chromium: {chromium, url, scheme, acts} in. Each act is [what, ...arguments] or a key; what the page said
// (console, errors, requests) and what `look` saw comes out.
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const asked = JSON.parse(readFileSync(0, 'utf8'))
const browser = await chromium.launch({ executablePath: asked.chromium, args: ['--no-sandbox'] })
const context = await browser.newContext({ colorScheme: asked.scheme, viewport: { width: 1400, height: 900 } })
const page = await context.newPage()
const said = []
const requests = []
page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
page.on('pageerror', (error) => said.push(`error: ${error}`))
page.on('dialog', (dialog) => { said.push(`dialog: ${dialog.message()}`); dialog.dismiss() })
page.on('request', (request) => requests.push(request.url()))
const started = Date.now()
await page.goto(asked.url)
await page.waitForSelector('.row')
const interactive = Date.now() - started

const look = () => page.evaluate(() => ({
  rows: document.querySelectorAll('.row').length,
  on: document.querySelector('.row.on')?.id ?? null,
  first: document.querySelector('.row')?.id ?? null,
  shown: document.getElementById('shown').textContent,
  open: !document.getElementById('detail').hidden,
  detail: document.getElementById('detail').innerText,
  focus: document.activeElement.id,
  dark: document.documentElement.classList.contains('dark'),
  ground: getComputedStyle(document.body).backgroundColor,
  head: document.getElementById('head').getBoundingClientRect().top,
  help: document.getElementById('help').open,
  paper: document.getElementById('paper').innerText,
  text: document.body.innerText,
  profile: document.getElementById('profile').selectedOptions[0].textContent,
  elements: [...new Set([...document.querySelectorAll('body *')].map((each) => each.localName))].sort(),
  rowHeight: document.querySelector('.row svg')?.getBoundingClientRect().height ?? 0,
}))
const seen = []
for (const [what, ...more] of asked.acts) {
  if (what === 'key') for (const key of more) await page.keyboard.press(key)
  else if (what === 'type') await page.keyboard.type(more[0])
  else if (what === 'click') await page.click(more[0])
  else if (what === 'wait') await page.waitForTimeout(more[0])
  else if (what === 'print') { await page.emulateMedia({ media: 'print' }); await page.evaluate(() => dispatchEvent(new Event('beforeprint'))) }
  else if (what === 'pdf') seen.push((await page.pdf({ preferCSSPageSize: true })).length)
  else if (what === 'look') seen.push(await look())
  else throw new Error(what)
}
await browser.close()
console.log(JSON.stringify({ said, requests, interactive, seen }))
