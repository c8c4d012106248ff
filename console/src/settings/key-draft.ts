import type { MaskedKey, PatchKey, Settings, SettingsProvider } from '../../../src/contract/index.ts'

/** What is chosen beside the key, as form fields hold it: empty text means none. */
export interface KeyChoices {
  model: string
  scope: string
  fallback: boolean
  label: string
  owner: string
  rotateBy: string
  baseUrl: string
  region: string
}

export function choicesOf(settings: Settings, provider: SettingsProvider, key: MaskedKey | undefined): KeyChoices {
  const recommended =
    provider.models.find((model) => model.recommended) ?? provider.models.find((model) => !model.refused)
  const regions = regionsOf(provider)
  return {
    model: key?.model ?? provider.defaultModel ?? recommended?.id ?? '',
    scope: key?.scope ?? 'all',
    fallback: key?.fallback ?? settings.fallback.default,
    label: key?.label ?? '',
    owner: key?.owner ?? '',
    rotateBy: key?.rotateBy ?? '',
    baseUrl: key?.baseUrl ?? '',
    region: (regions.find(({ id }) => id === key?.region) ?? regions[0])?.id ?? '',
  }
}

/** Where the plan lets data go. The first is without a name where that is the host which serves when no region is chosen. */
export function regionsOf({ host, hostAllowed, regions }: SettingsProvider) {
  return [...(hostAllowed ? [{ id: '', host }] : []), ...regions.filter(({ allowed }) => allowed)]
}

type Body = Omit<PatchKey, 'key'>

/** What goes to the server: only what the plan lets this person choose. */
export function bodyOf(settings: Settings, provider: SettingsProvider, choices: KeyChoices): Body {
  const text = (value: string) => value.trim() || null
  return {
    ...(settings.modelChoice === 'customer' && choices.model ? { model: choices.model } : {}),
    ...(settings.scopes.some(({ id }) => id !== 'all') ? { scope: choices.scope } : {}),
    ...(settings.fallback.mode === 'customer' && provider.policy !== 'required' ? { fallback: choices.fallback } : {}),
    label: text(choices.label),
    owner: text(choices.owner),
    rotateBy: text(choices.rotateBy),
    ...(provider.needsBaseUrl || provider.allowsBaseUrl ? { baseUrl: text(choices.baseUrl) } : {}),
    ...(provider.regions.length > 0 ? { region: text(choices.region) } : {}),
  }
}

/**
 * Of two bodies what differs, and the host, which goes with the key. What this person did not touch stays as it is now: another
 * tab may have turned fallback off since this form was opened.
 */
export function changesOf(before: Body, now: Body): Body {
  const hosts: readonly string[] = ['baseUrl', 'region']
  return Object.fromEntries(
    Object.entries(now).filter(([name, value]) => hosts.includes(name) || value !== before[name as keyof Body]),
  )
}

/** The key is bound to its host, so another host needs the key again. */
export function hostChanged(key: MaskedKey, choices: KeyChoices): boolean {
  return (key.baseUrl ?? '') !== choices.baseUrl.trim() || (key.region ?? '') !== choices.region
}
