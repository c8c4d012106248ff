import { afterEach, describe, expect, it } from 'vitest'
import { createSilenceWatch, type SilenceWatch } from './silence-watch.ts'

describe('the watch for a silent server', () => {
  let watch: SilenceWatch | undefined
  afterEach(() => watch?.close())
  const never = () => new Promise<never>(() => {})
  const takes = (ms: number) => new Promise<string>((resolve) => setTimeout(resolve, ms, 'done'))

  it('waits for what takes long, as long as the server answers something else', async () => {
    let probes = 0
    watch = createSilenceWatch({
      patienceMs: 20,
      probe: async () => {
        probes++
      },
    })
    expect(await watch.during(() => takes(1_000))).toBe('done')
    expect(probes).toBeGreaterThan(1)
  })

  it('gives up all that waits when the server does not answer, refuses at once, and goes on when it is back', async () => {
    let alive = false
    watch = createSilenceWatch({
      patienceMs: 20,
      probe: () => (alive ? Promise.resolve() : Promise.reject(new Error())),
    })
    const waiting = [watch.during(never), watch.during(never)]
    for (const { status } of await Promise.allSettled(waiting)) expect(status).toBe('rejected')
    let begun = false
    const refused = watch.during(async () => {
      begun = true
    })
    await expect(refused).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 })
    expect(begun).toBe(false)
    alive = true
    await expect.poll(() => watch?.during(async () => 'again').catch(() => 'silent'), { timeout: 10_000 }).toBe('again')
  })

  it('takes any answer for a sign of life, so that a slow process does not blame the server', async () => {
    let probed = () => {}
    const begun = new Promise<void>((resolve) => {
      probed = resolve
    })
    let fail = () => {}
    watch = createSilenceWatch({
      patienceMs: 20,
      probe: () => {
        probed()
        return new Promise((_, reject) => {
          fail = () => reject(new Error('late'))
        })
      },
    })
    const slow = watch.during(() => takes(700))
    await begun
    await watch.during(async () => 'answered')
    fail()
    expect(await slow).toBe('done')
  })

  it('passes on what the work itself throws', async () => {
    watch = createSilenceWatch({ probe: async () => {} })
    await expect(watch.during(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own')
  })
})
