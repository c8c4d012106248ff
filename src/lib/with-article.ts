/** A name with its article as it is spoken: "a Google Gemini", "an OpenAI", "an xAI". */
export function withArticle(name: string): string {
  return `${/^(?:[aeiouAEIOU]|x[A-Z])/.test(name) ? 'an' : 'a'} ${name}`
}
