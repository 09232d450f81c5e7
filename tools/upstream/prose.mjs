// Takes upstream's sentences out of data: names, types, codes and literal
// messages are facts, descriptions are not.

// Below these the keys are names that upstream gave, not words about them.
const named = ["properties", "fields", "codes", "schemas"];

// withoutProse drops the members called so wherever they hold text.
export function withoutProse(value, drop = ["description", "summary"], parent = "") {
  if (Array.isArray(value)) return value.map((v) => withoutProse(v, drop, parent));
  if (!value || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([key, v]) => named.includes(parent) || !drop.includes(key) || typeof v !== "string");
  return Object.fromEntries(kept.map(([key, v]) => [key, withoutProse(v, drop, key)]));
}
