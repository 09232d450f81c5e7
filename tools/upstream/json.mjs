// JSON for people: what fits on a line stands on one.
const width = 120;

function flat(value) {
  if (Array.isArray(value)) return `[${value.map(flat).join(", ")}]`;
  if (value && typeof value === "object") {
    return `{${Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${flat(v)}`).join(", ")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

function write(value, indent, lead) {
  const line = flat(value);
  const empty = !value || typeof value !== "object" || !Object.keys(value).length;
  // The outermost levels are always open, for diffs.
  if (empty || (indent.length > 2 && indent.length + lead + line.length < width)) return line;
  const more = `${indent}  `;
  const [open, close, parts] = Array.isArray(value)
    ? ["[", "]", value.map((v) => more + write(v, more, 1))]
    : ["{", "}", Object.entries(value).map(([k, v]) => `${more}${JSON.stringify(k)}: ${write(v, more, k.length + 5)}`)];
  return `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}

// encode ends in a line break. A member that is undefined is left out.
export const encode = (value) => `${write(JSON.parse(JSON.stringify(value)), "", 0)}\n`;
