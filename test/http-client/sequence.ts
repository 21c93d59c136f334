/** What is wrong with values that should be 1 to `last`, each once and in order. */
export interface SequenceFlaws {
  readonly lost: number
  readonly duplicated: number
  readonly disordered: number
}

export function flawsOf(values: readonly string[], last: number): SequenceFlaws {
  const seen = values.map(Number)
  const distinct = new Set(seen)
  return {
    lost: Array.from({ length: last }, (_, index) => index + 1).filter((value) => !distinct.has(value)).length,
    duplicated: seen.length - distinct.size,
    disordered: seen.filter((value, index) => value < (seen[index - 1] ?? 0)).length,
  }
}
