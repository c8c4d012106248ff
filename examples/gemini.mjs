// Google's own SDK through Ownkey. Run: node examples/gemini.mjs
import { GoogleGenAI } from '@google/genai'

const ownkey = process.env.OWNKEY_URL ?? 'http://127.0.0.1:8787'
const client = new GoogleGenAI({
  apiKey: process.env.OWNKEY_TOKEN,
  httpOptions: { baseUrl: `${ownkey}/gemini` },
})

const answer = await client.models.generateContent({ model: 'gemini-2.5-flash', contents: 'Hello' })
console.log(answer.text)
