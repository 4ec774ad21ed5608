// Mermaid's own parser: {name: diagram} in; {name: {error} or {actors, messages, notes, numbers, texts}} out.
import { readFileSync } from 'node:fs'
import { JSDOM } from 'jsdom'

const { window } = new JSDOM('')
window.CSS = { supports: (_, colour) => /^rgba?\([\d., ]+\)$/.test(colour) } // jsdom has none
Object.assign(globalThis, { window, document: window.document, Option: window.Option })
const { default: mermaid } = await import('mermaid')

const decoded = (text) => String(text).replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)))
const found = {}
for (const [name, text] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  try {
    await mermaid.parse(text)
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text)
    const messages = db.getMessages()
    found[name] = {
      actors: [...db.getActors().values()].map((actor) => decoded(actor.description)),
      boxes: db.getBoxes().map((box) => decoded(box.name)),
      messages: messages.filter((each) => each.from && each.to && each.placement === undefined).map((each) => decoded(each.message)),
      notes: messages.filter((each) => each.placement !== undefined).map((each) => decoded(each.message)),
      numbers: messages.filter((each) => each.type === 26 && each.message.visible).map((each) => each.message.start),
    }
  } catch (error) {
    found[name] = { error: String(error) }
  }
}
console.log(JSON.stringify(found))
