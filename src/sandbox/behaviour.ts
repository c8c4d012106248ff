export const failingBehaviours = ['invalid', 'expired', 'permission', 'quota', 'rate', 'down'] as const
/** Answered with the provider's own error, before the request is looked at. */
export type FailingBehaviour = (typeof failingBehaviours)[number]

export const behaviours = ['ok', 'slow', 'midstream', ...failingBehaviours] as const
/** What a sandbox key does; its name stands in the key behind `sandbox-`. */
export type Behaviour = (typeof behaviours)[number]

/** True for keys that never leave this process. */
export function isSandboxKey(key: string): boolean {
  return key.includes('sandbox')
}

/** The behaviour that the key names; a sandbox key that names none works. */
export function behaviourOf(key: string): Behaviour {
  return behaviours.find((behaviour) => key.includes(`sandbox-${behaviour}`)) ?? 'ok'
}

export function isFailing(behaviour: Behaviour): behaviour is FailingBehaviour {
  return (failingBehaviours as readonly string[]).includes(behaviour)
}
