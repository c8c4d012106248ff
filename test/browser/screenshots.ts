import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchBrowser } from './real-browser.ts'
import { openCamera } from './shots/camera.ts'
import { shootAgentBuilder, shootSupportInbox, shootVoiceResearch } from './shots/customer.ts'
import { shootOperator } from './shots/operator.ts'
import { shootSigningIn, shootWidget } from './shots/outside.ts'

/**
 * Pictures of every page and of its dialogs, empty states and failures, light, dark and 360 px wide, from real servers with
 * the shipped profiles: `npm run screenshots -w console -- [folder] [part of a name]` (default docs/screenshots, all). The
 * console has to be built.
 */
const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))

mkdirSync(folder, { recursive: true })
const browser = await launchBrowser()
const shoot = openCamera(browser, { folder, only: process.argv[3] ?? '' })
for (const series of [
  shootSupportInbox,
  shootVoiceResearch,
  shootAgentBuilder,
  shootOperator,
  shootWidget,
  shootSigningIn,
])
  await series(shoot)
await browser.close()
