/** What a request's `model` asks for. */
export interface RequestedModel {
  /** The provider that it names; absent: the decision picks one. */
  provider?: string
  /** Absent: the decision's. */
  model?: string
}

/** What is known of the providers that may serve. */
export interface KnownProviders {
  /** The provider of that id or alias, whether it may serve or not. */
  find(name: string): string | undefined
  /** The providers that may serve, with the models that the catalogue lists for them. */
  allowed: readonly { id: string; models: readonly string[] }[]
}

/**
 * Reads `auto`, `model`, `provider/model` or `provider/auto`. Names with a slash are also models of their own at vendors
 * that host others' models: a listed one is such a model, and so is one whose "provider" may not serve while such a vendor may.
 */
export function readModel(name: string | undefined, { find, allowed }: KnownProviders): RequestedModel {
  if (name === undefined || isAuto(name)) return {}
  const slash = name.indexOf('/')
  const provider = slash === -1 ? undefined : find(name.slice(0, slash))
  if (provider === undefined || allowed.some(({ models }) => models.includes(name))) return { model: name }
  const mayServe = allowed.some(({ id }) => id === provider)
  const hostsOthers = allowed.some(({ models }) => models.length === 0 || models.some((model) => model.includes('/')))
  if (!mayServe && hostsOthers) return { model: name }
  const model = name.slice(slash + 1)
  return isAuto(model) ? { provider } : { provider, model }
}

function isAuto(name: string): boolean {
  return name === '' || name.toLowerCase() === 'auto'
}
